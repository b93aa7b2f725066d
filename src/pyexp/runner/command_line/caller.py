"""Who calls, and whether the command line of this process is meant for the experiment that is started.

Owns the rule; knows no flags but those that choose what a start does.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pyexp._cpython import is_loop_running
from pyexp.errors import SettingsError
from pyexp.runner.installed import is_installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# What calls code that is not the program: test runners, servers, pools, threads, kernels.
_HOSTS = frozenset(
    {
        "unittest", "_pytest", "pytest", "doctest", "xdist", "socketserver", "wsgiref", "multiprocessing",
        "concurrent", "threading", "ipykernel", "celery",
    }
)  # fmt: skip
# What reads the command line itself, and calls the function that it chose.
_COMMAND_LINES = frozenset(
    {
        "absl", "asyncclick", "cleo", "click", "clize", "cyclopts", "defopt", "fire", "hydra", "invoke", "jsonargparse",
        "plac", "plumbum", "rich_click", "sacred", "typer", "tyro",
    }
)  # fmt: skip
# Ignored, they would start a sweep that was not asked for.
_CHOOSING_FLAGS = ("--dry-run", "--continue", "--report", "--list", "--extend", "--rerun")


def find_command_line(frame: FrameType, definition: str, call: str) -> list[str] | None:
    """Return the arguments that a start called from *frame* reads; None where they are not meant for it.

    Args:
        frame: The caller.
        definition: The module of the experiment.
        call: How the start was called, for the message.

    Raises:
        SettingsError: They are not meant for it, and have a flag of ours that must not be ignored.
    """
    if is_read(frame, definition):
        return sys.argv[1:]
    refuse_ignored_flags(call)
    return None


def refuse_ignored_flags(call: str) -> None:
    """Refuse to start by *call*, which does not read the command line, where that has a flag that chooses what to do.

    Raises:
        SettingsError: As said. A run has the command line of the start that it belongs to: there, nothing is refused.
    """
    given = [argument for argument in getattr(sys, "argv", [])[1:] if argument.partition("=")[0] in _CHOOSING_FLAGS]
    if given and not is_in_run():
        raise SettingsError(
            f"{call} does not read the command line here, which has {given[0]!r}: pass argv=sys.argv[1:] to have it "
            f"read, or argv=[] to have it ignored"
        )


def is_read(frame: FrameType, definition: str) -> bool:
    """Return whether the command line is meant for the experiment of the module *definition*, started from *frame*.

    It is when the program that a person started leads to the call: in the main thread, outside of any loop and run,
    and through nothing that has the arguments for itself.
    """
    if not getattr(sys, "argv", None) or (main := _program(frame)) is None:
        return False
    between = takewhile(lambda each: each is not main, _stack(frame))
    if any(_package_of(each) in _COMMAND_LINES and is_installed(each.f_code.co_filename) for each in between):
        return False
    return _is_program_of(main, {_owner(frame.f_globals, main), _owner(_variables(definition), main)})


def is_in_program(frame: FrameType) -> bool:
    """Return whether the program that a person started leads to *frame*; something else may have its arguments."""
    return _program(frame) is not None


def _program(frame: FrameType) -> FrameType | None:
    """Return the top of the program that leads to *frame*; None in a thread, a loop, a run, a test, a server, ….

    Of several, the innermost.
    """
    if threading.current_thread() is not threading.main_thread() or is_loop_running() or _is_executing_run():
        return None
    stack = list(_stack(frame))
    if any(_package_of(each) in _HOSTS for each in stack):
        return None
    tops = (each for each in stack if _package_of(each) == "__main__" and each.f_code.co_name == "<module>")
    return next(tops, None)


def _is_program_of(main: FrameType, owners: set[str]) -> bool:
    """Return whether the program whose top is *main* is a user's script, or belongs to one of the packages *owners*."""
    path = main.f_globals.get("__file__")
    if not path or main.f_code.co_filename.startswith("<"):  # -c, standard input, a prompt
        return False
    file = os.path.abspath(path)
    if os.path.dirname(file).lower().endswith(".exe"):  # a launcher on Windows is a zip file behind a program
        file = os.path.dirname(file)
    if os.path.realpath(os.path.dirname(file)) in _script_folders():
        packages = _console_scripts(os.path.basename(file))
        return not packages or not packages.isdisjoint(owners)
    if not is_installed(file):
        return True
    return _owner(main.f_globals, main) in owners


def _owner(variables: dict[str, Any], main: FrameType) -> str:
    """Return the package of the module with *variables*; of the program *main*, the one that ``python -m`` started."""
    if variables is not main.f_globals:
        return _package(variables.get("__name__"))
    return _package(variables.get("__package__") or getattr(variables.get("__spec__"), "name", None)) or "__main__"


def _variables(module: str) -> dict[str, Any]:
    """Return the variables of the module named *module*; where it was not imported as such, its name alone."""
    return getattr(sys.modules.get(module), "__dict__", {"__name__": module})


def _script_folders() -> set[str]:
    """Return the folders of installed programs."""
    user = sysconfig.get_preferred_scheme("user")
    folders = (
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", user) if user in sysconfig.get_scheme_names() else None,
        os.path.dirname(sys.executable or ""),
    )
    return {os.path.realpath(folder) for folder in folders if folder}


def _console_scripts(file: str) -> set[str]:
    """Return the packages of the console script *file*; none for any other file."""
    from importlib.metadata import entry_points

    name = file.removesuffix(".exe").removesuffix("-script.py").removesuffix("-script.pyw")
    return {
        _package(point.module)
        for group in ("console_scripts", "gui_scripts")
        for point in entry_points(group=group)
        if point.name == name
    }


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _package_of(frame: FrameType) -> str:
    return _package(frame.f_globals.get("__name__"))


def _package(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


def _is_executing_run() -> bool:
    """Return whether this thread executes a run."""
    invoke = sys.modules.get("pyexp.executors.invoke")  # what executes a run has imported it
    return invoke is not None and invoke.current_run.get(None) is not None


def is_in_run() -> bool:
    """Return whether this process executes a run, or belongs to one."""
    from pyexp.executors.invoke import own_process
    from pyexp.executors.membership import current_membership

    return _is_executing_run() or own_process.pid == os.getpid() or current_membership() is not None
