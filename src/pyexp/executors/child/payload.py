"""The experiment as bytes for another process, with what it uses of its script. Names what cannot be pickled."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pyexp.errors import UnpicklableError
from pyexp.executors.child.script import describe_script, dumps, unpack_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.task import Body


class SealedBody:
    """Stands for the body in a task's pickle: bytes of `pack_body`, which unpickle to the body itself."""

    is_async = False

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self, run: Any) -> Any:
        """Never called: it is gone once unpickled."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        return unpack_body, (self._data,)


def pack_body(body: Body) -> bytes:
    """Pickle *body* by cloudpickle: what is defined in a script or a notebook cell goes by value.

    Raises:
        UnpicklableError: It cannot be pickled; the message names the global or closure variable.
    """
    try:
        return dumps((body, describe_script()))
    except Exception as error:  # a __reduce__ may raise anything
        raise UnpicklableError(
            f"the experiment cannot be sent to another process: {_culprit(body)} ({type(error).__name__}: {error}); "
            f"make it inside the function, or run with executor='inline' or 'fork'"
        ) from error


def pack_registrations() -> bytes:
    """Pickle the registered classes, if any: by value those of the script, by name those that can be imported.

    A class that cannot be pickled is left out; only a run that builds it fails.
    """
    from pyexp.config import registry

    entries: dict[str, Any] = {}
    for name, cls in registry.registered().items():
        if isinstance(cls, str):
            entries[name] = cls
            continue
        if cls.__module__ != "__main__" and "<locals>" not in cls.__qualname__ and cls.__module__ in sys.modules:
            entries[name] = f"{cls.__module__}:{cls.__qualname__}"
            continue
        try:
            dumps(cls)
        except Exception:  # noqa: S112 — as said above
            continue
        entries[name] = cls
    return dumps(entries) if entries else b""


def _culprit(body: Body) -> str:
    for name, value in _reachable(body, set()):
        try:
            dumps(value)
        except Exception:  # that it raises is the answer
            return f"{name} is a {type(value).__qualname__}, which cannot be pickled"
    return "something that it refers to cannot be pickled"


def _reachable(value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Globals and closure variables of the functions behind *value*, innermost first."""
    if id(value) in seen:
        return
    seen.add(id(value))
    for function in _functions(value):
        names = function.__code__.co_names
        variables = {f"the global {n!r}": function.__globals__[n] for n in names if n in function.__globals__}
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            variables[f"the closure variable {name!r}"] = cell.cell_contents
        for name, variable in variables.items():
            if _functions(variable):
                yield from _reachable(variable, seen)
            yield name, variable


def _functions(value: Any) -> list[FunctionType]:
    if isinstance(value, FunctionType):
        return [value]
    if isinstance(value, type):
        return [part for part in vars(value).values() if isinstance(part, FunctionType)]
    inner = [getattr(value, name, None) for name in ("function", "cls")]
    return [f for part in inner if isinstance(part, (FunctionType, type)) for f in _functions(part)]
