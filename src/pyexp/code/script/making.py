"""The script as a module in the process of a run: what is needed to make it, and how it is made.

Light: no syntax tree unless another Python made the code. How a script is found and described is in `description`.
"""

from __future__ import annotations

import builtins
import os
import sys
from contextlib import contextmanager, suppress
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from pyexp._record import Record
from pyexp.code.shown import show_source
from pyexp.code.start import MAIN, MULTIPROCESSING_MAIN, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec


class Script(Record):
    """What the process of a run needs to make the script's module.

    Attributes:
        file: The script's file; None for what was typed in.
        module: Its name, when it was started by ``python -m``.
        code: The code of its top without the guarded parts, marshalled; empty when there is no module to make.
        source: The whole source, for tracebacks and `inspect`.
        version: The Python that made *code*.
        start_argv: The command line when pyexp was first imported: what the top saw.
        start_folder: The working directory then.
        argv: The command line now: what the runs see.
    """

    file: str | None
    module: str | None
    code: bytes
    source: bytes
    version: int
    start_argv: tuple[str, ...]
    start_folder: str | None
    argv: tuple[str, ...]


def make_script(script: Script) -> dict[str, Any]:
    """Execute the script's top as this process's ``__main__``, and return the variables of the module.

    Raises:
        BaseException: Whatever the top raises.
    """
    module = _new_module(script)
    # Known before the top runs: it may start processes, which answer with these names.
    sys.modules[MAIN] = sys.modules[MULTIPROCESSING_MAIN] = module
    sys.argv[:] = script.start_argv
    start.argv, start.folder = script.start_argv, script.start_folder
    if script.code and script.file is not None:
        start.made = script.file, script.source
        with _being_made(script), _folder(script.start_folder):
            exec(_code(script), vars(module))  # noqa: S102 — this is what a script is for
    sys.argv[:] = script.argv
    return vars(module)


def _new_module(script: Script) -> ModuleType:
    module = ModuleType(MAIN)
    module.__builtins__ = builtins  # type: ignore[attr-defined]
    file = script.file
    if not script.code and file is not None and not os.path.isfile(file):
        file = None  # multiprocessing would fail over it
    if file is not None:
        module.__file__ = file
        module.__cached__ = None  # type: ignore[attr-defined]
    if script.module is not None:
        spec = _find_spec(script)
        module.__spec__, module.__loader__ = spec, spec.loader
        module.__package__ = script.module.rpartition(".")[0]
    elif file is not None:
        from importlib.machinery import SourceFileLoader

        module.__loader__ = SourceFileLoader(MAIN, file)
    return module


def _find_spec(script: Script) -> ModuleSpec:
    """Return the spec of a script that was started by its module's name; imports its package, as its start did."""
    from importlib.machinery import ModuleSpec
    from importlib.util import find_spec

    assert script.module is not None
    spec = None
    if script.code:
        with suppress(ImportError, ValueError):  # another machine need not have it
            spec = find_spec(script.module)
    return spec or ModuleSpec(script.module, None)


@contextmanager
def _being_made(script: Script) -> Iterator[None]:
    if script.file is not None:
        show_source(script.file, script.source)
    start.being_made = script.file
    try:
        yield
    finally:
        start.being_made = None


@contextmanager
def _folder(folder: str | None) -> Iterator[None]:
    """Work in *folder* inside the block; in the present folder if that one is gone."""
    before = None
    with suppress(OSError):
        before = os.getcwd()
        if folder is not None:
            os.chdir(folder)
    try:
        yield
    finally:
        if before is not None:
            with suppress(OSError):
                os.chdir(before)


def _code(script: Script) -> CodeType:
    assert script.file is not None
    if script.version == sys.hexversion:
        import marshal

        code: CodeType = marshal.loads(script.code)  # noqa: S302 — made by the parent
        return code
    from pyexp.code.script.main_guard import compile_tree, parse, take_out_guards

    return compile_tree(take_out_guards(parse(script.source, script.file)).tree, script.file)
