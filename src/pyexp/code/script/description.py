"""Which module the started script is, and what the process of a run needs to make it."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
import threading
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from pyexp._cpython import frame_of_thread
from pyexp.code.script.main_guard import Top, compile_tree, defined_code, parse, take_out_guards
from pyexp.code.script.making import Script
from pyexp.code.start import MAIN, start
from pyexp.code.values.references import innermost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.task import Body

_NOTHING: Final = take_out_guards(ast.Module(body=[], type_ignores=[]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A script, as the parent sees it.

    Attributes:
        script: What the child gets.
        variables: Those of the script's module.
        ownership: What its top makes; nothing where there is no module to make.
        tree: Its syntax tree, where it has a file and no guard.
        call_line: The line of its top that is being executed.
    """

    script: Script
    variables: dict[str, Any]
    ownership: TopOwnership
    tree: ast.Module | None = None
    call_line: int | None = None


class TopOwnership:
    """What the top of a script makes without its guarded parts (see `references.Ownership`)."""

    def __init__(self, top: Top = _NOTHING, codes: frozenset[CodeType] = frozenset()) -> None:
        self._top = top
        self._codes = codes

    def owns(self, name: str, definition: Any) -> bool:
        """Return whether the top makes *definition* under *name*, and nothing else has taken its place."""
        first = name.partition(".")[0]
        if first not in self._top.bound and not ("*" in self._top.bound and first not in self._top.rebound):
            return False
        if isinstance(definition, FunctionType):
            return self._owns_function(first, definition)
        if isinstance(definition, type):
            own = [part for part in vars(definition).values() if _is_written_in(part, definition)]
            if own:
                return any(part.__code__ in self._codes for part in own)
        return first not in self._top.rebound

    def may_differ(self, name: str, value: Any) -> bool:
        """Return whether something else than the top may have set *name*, or changed its value in place."""
        is_filled = name in self._top.called and isinstance(value, (dict, list, set))
        return name in self._top.rebound or name in self._top.altered or is_filled

    def is_bound(self, name: str) -> bool:
        """Return whether the top has something under *name*."""
        return name in self._top.bound

    def _owns_function(self, first: str, function: FunctionType) -> bool:
        inner = innermost(function)
        code = inner.__code__ if isinstance(inner, FunctionType) else function.__code__
        if code in self._codes:
            return True
        return code.co_qualname != function.__qualname__ and first not in self._top.rebound


def describe_script(body: Body, *, by_value: bool = False) -> Described:
    """Find the script that was started for *body*, and say what makes its module.

    Args:
        body: The experiment.
        by_value: Make no module, whatever the script is.
    """
    variables = _variables_of_script(body)
    file = variables.get("__file__")
    file = os.path.join(start.folder or "", file) if isinstance(file, str) else None
    source = None if file is None else _source(file, variables)
    is_users = _defines(variables, body) or not (file is None or _is_installed(file))
    if file is None or source is None or not is_users:
        return _typed_in(variables, file)
    try:
        top = take_out_guards(parse(source, file))
    except (SyntaxError, ValueError):  # edited since it was started, or not Python
        return _typed_in(variables, file)
    line = _line_of_call(variables)
    if by_value:
        return _typed_in(variables, file)
    if not top.guards or (line is not None and not top.is_guarded(line)):
        return replace(_typed_in(variables, file), tree=parse(source, file), call_line=line)
    code = compile_tree(top.tree, file)
    return Described(
        script=_script(variables, file, code, source),
        variables=variables,
        ownership=TopOwnership(top, defined_code(code)),
    )


def functions_behind(value: Any, depth: int = 0) -> Iterator[FunctionType]:
    """Yield the functions that the body, function or class *value* consists of."""
    value = innermost(value)
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, type):
        yield from (part for part in vars(value).values() if isinstance(part, FunctionType))
    elif depth < 3:  # noqa: PLR2004 — a body, a partial, a bound method
        parts = [
            *getattr(value, "__dict__", {}).values(),
            getattr(value, "func", None),
            getattr(value, "__func__", None),
        ]
        for part in parts:
            yield from functions_behind(part, depth + 1)


def _variables_of_script(body: Body) -> dict[str, Any]:
    """Return the variables of the script that defines *body*; under a profiler, ``__main__`` is the profiler."""
    for function in functions_behind(body):
        if function.__globals__.get("__name__") == MAIN:
            return function.__globals__
    return vars(sys.modules[MAIN])


def _defines(variables: dict[str, Any], body: Body) -> bool:
    return any(function.__globals__ is variables for function in functions_behind(body))


def _source(file: str, variables: dict[str, Any]) -> bytes | None:
    if start.made is not None and start.made[0] == file:  # in a run that starts runs of its own
        return start.made[1]
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        pass
    loader: Any = variables.get("__loader__")
    try:
        data: bytes = loader.get_data(file)  # of an archive
    except Exception:  # whatever loader it is
        return None
    return data


def _is_installed(file: str) -> bool:
    """Return whether the program is not the user's: a test runner, a server, a console script."""
    real = os.path.realpath(file)
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")}
    folders.add(os.path.dirname(os.path.abspath(sys.executable)))
    return any(folder and real.startswith(os.path.join(os.path.realpath(folder), "")) for folder in folders)


def _line_of_call(variables: dict[str, Any]) -> int | None:
    """Return the line of the script's top that is being executed in any thread."""
    frame = frame_of_thread(threading.main_thread().ident)
    line = None
    while frame is not None:
        if frame.f_globals is variables and frame.f_code.co_name == "<module>":
            line = frame.f_lineno
        frame = frame.f_back
    return line


def _typed_in(variables: dict[str, Any], file: str | None) -> Described:
    script = _script(variables, file, None, b"")
    return Described(script=script, variables=variables, ownership=TopOwnership())


def _script(variables: dict[str, Any], file: str | None, code: CodeType | None, source: bytes) -> Script:
    import marshal

    return Script(
        file=file,
        module=_module_name(variables),
        code=b"" if code is None else marshal.dumps(code),
        source=source,
        version=sys.hexversion,
        start_argv=start.argv,
        start_folder=start.folder,
        argv=tuple(sys.argv),
    )


def _module_name(variables: dict[str, Any]) -> str | None:
    """Return the name after ``-m``: ``__main__`` for a folder or an archive, None for a debugged script."""
    name = getattr(variables.get("__spec__"), "name", None)
    return name if isinstance(name, str) and name != MAIN else None


def _is_written_in(part: Any, cls: type) -> bool:
    return isinstance(part, FunctionType) and part.__code__.co_qualname.startswith(f"{cls.__qualname__}.")
