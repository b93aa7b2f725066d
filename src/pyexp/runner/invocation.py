"""From a call of ``run()`` to its end: as a library, with errors raised; as a script, with an exit status."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from pyexp.errors import (
    BatchNotFoundError,
    ExperimentsFailedError,
    NothingMatchesError,
    OutputError,
    PyexpError,
    SettingsError,
)
from pyexp.runner.command_line.caller import refuse_ignored_flags
from pyexp.runner.command_line.environment import resolve_folder, resolve_start
from pyexp.runner.command_line.flags import FLAGS
from pyexp.runner.program.declared import declared
from pyexp.runner.program.watching import program_watch
from pyexp.runner.settings import CHOOSING, OF_A_NEW_BATCH, Settings
from pyexp.runner.signals import BatchStopped
from pyexp.runner.start.experiment_folder import experiment_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyexp.definition.declaration import Declaration
    from pyexp.results.results import Results
    from pyexp.runner.phases import Phases
    from pyexp.runner.program.watching import Watch

_USAGE_ERROR = 2
# How many values may follow each flag that the command which continues a batch does not take.
_OF_ONE_BATCH = {
    spelling: sys.maxsize if flag.parsing.get("nargs") == "+" else 1 if flag.metavar else 0
    for flag in FLAGS
    if flag.setting in CHOOSING or flag.setting in OF_A_NEW_BATCH
    for spelling in flag.spellings
}


def run_here(declaration: Declaration, settings: Settings, watch: Watch) -> Any:
    """Run as a library: errors are raised, a signal ends in the exception that Python has for it."""
    phases, wait_for = _blocking(declaration, settings, watch)
    try:
        batch = wait_for(phases.execute())
    except BatchStopped as stop:
        if stop.number == signal.SIGINT:
            raise KeyboardInterrupt from None
        raise SystemExit(128 + stop.number) from None
    return None if batch is None else wait_for(phases.report(batch))


def run_as_script(declaration: Declaration, called: Mapping[str, Any], argv: list[str], watch: Watch) -> Any:
    """Run as the script that the user started with *argv*.

    Returns:
        What the report returned, or the results; None for what only prints, so that the script continues; an empty
        Tensor where *argv* is for other experiments of the program.
    """
    from pyexp.terminal.printing import exits_without_reader

    declared.note_start(declaration)
    try:
        settings, wants_list = _settings(declaration, called, argv)
        watch.expect(_program_folders(declaration, argv) if settings.viewer else ())
        batch = None
        try:
            if wants_list:
                _list_batches(declaration, settings)
            else:
                phases, wait_for = _blocking(declaration, settings, watch)
                batch = wait_for(phases.execute())
        except (NothingMatchesError, BatchNotFoundError) as error:
            _require_another(declaration, settings, error, wants_list=wants_list)
            return _leave_out(declaration, settings, error)
    except PyexpError as error:
        _exit_with(f"{_prog(declaration)}: error: {error}", _USAGE_ERROR)
    except BatchStopped as stop:
        _exit_stopped(declaration, stop, argv)
    except KeyboardInterrupt:  # before the batch took over the signals
        _exit_with("stopped by SIGINT before a run was started", 128 + signal.SIGINT)
    declared.has_match = True
    if batch is None:
        return None
    try:
        with exits_without_reader():
            value = wait_for(phases.report(batch))
    except ExperimentsFailedError as error:
        _exit_with(f"{_prog(declaration)}: {error}", 1)
    except OutputError as error:  # no folder for the report; what the report itself raises is a traceback
        _exit_with(f"{_prog(declaration)}: error: {error}", _USAGE_ERROR)
    watch.serve_on()
    return value


def _blocking(declaration: Declaration, settings: Settings, watch: Watch) -> tuple[Phases, Callable[..., Any]]:
    """Return the phases of a start in this thread, and what waits for one: a list of batches loads neither."""
    from pyexp.runner.hosts import BlockingHost, wait_for
    from pyexp.runner.phases import Phases

    return Phases(declaration, settings, watch, BlockingHost()), wait_for


def _require_another(declaration: Declaration, settings: Settings, error: PyexpError, *, wants_list: bool) -> None:
    """Raise *error* again, unless the command line may be for another experiment of the program."""
    is_choice = isinstance(error, NothingMatchesError) or wants_list or any(getattr(settings, key) for key in CHOOSING)
    is_last = declared.are_all_started() and not declared.has_match
    if is_last or not is_choice or not declared.are_several(declaration):
        raise error


def _leave_out(declaration: Declaration, settings: Settings, error: PyexpError) -> Results[Any]:
    """Say why *declaration* has nothing to do, and return no results."""
    from pyexp.results.results import Results
    from pyexp.terminal.printing import say

    if not settings.quiet:
        say(f"{declaration.own_name}: {error}")
    return Results([])


def _program_folders(declaration: Declaration, argv: list[str]) -> list[Path]:
    """Return where the batches are of all experiments of the program that *declaration* belongs to."""
    if not declared.are_several(declaration):
        return []
    given, _ = _parse(declaration, argv)
    return [experiment_folder(each, resolve_folder(each, given)) for each in declared.known()]


def resolve_call(
    declaration: Declaration, called: Mapping[str, Any], argv: list[str] | None, call: str
) -> Settings | None:
    """Return the settings of a start that reads no command line but *argv*; None where that asked for a list alone.

    Args:
        declaration: The experiment.
        called: Settings of the call.
        argv: Arguments to read; None for none.
        call: How the start was called, for the message.

    Raises:
        SettingsError: A setting or an argument is wrong, or the command line has a flag that must not be ignored.
    """
    if argv is None:
        refuse_ignored_flags(call)
        return resolve_start(declaration, called)
    settings, wants_list = _settings(declaration, called, argv)
    if wants_list:
        _list_batches(declaration, settings)
        return None
    return settings


def _settings(declaration: Declaration, called: Mapping[str, Any], argv: list[str]) -> tuple[Settings, bool]:
    given, wants_list = _parse(declaration, argv)
    if wants_list and (flag := next((flag for key, flag in CHOOSING.items() if key in given), None)):
        raise SettingsError(f"--list and {flag} exclude each other: give one of them")
    if "name" in given and "only" not in given and declared.are_several(declaration):
        raise SettingsError("--name would mix the batches of several experiments in one folder: name one by --only")
    return resolve_start(declaration, called, given), wants_list


def _parse(declaration: Declaration, argv: list[str]) -> tuple[dict[str, Any], bool]:
    from pyexp.runner.command_line.arguments import parse

    return parse(argv, prog=_program_name(), description=declaration.subject.__doc__)


def _list_batches(declaration: Declaration, settings: Settings) -> None:
    from pyexp.terminal.listing import listing_lines
    from pyexp.terminal.printing import print_lines

    declared.require_meant(declaration, settings.only)
    print_lines(listing_lines(experiment_folder(declaration, settings)))


def _exit_stopped(declaration: Declaration, stop: BatchStopped, argv: list[str]) -> NoReturn:
    kept = _without_batch(argv)
    program = ["-m", module] if (module := _module()) else [sys.argv[0]]
    batch = f"{declaration.own_name}/{stop.timestamp}" if declared.are_several(declaration) else stop.timestamp
    command = shlex.join([os.path.basename(sys.executable), *program, *kept, f"--continue={batch}"])
    name = signal.Signals(stop.number).name
    _exit_with(f"stopped by {name}; what has not passed is run by:\n  {command}", 128 + stop.number)


def _without_batch(argv: list[str]) -> list[str]:
    """Return *argv* without the flags that choose or describe a batch: the continuing command chooses its own."""
    kept: list[str] = []
    left = 0  # values of a dropped flag that may follow
    for argument in argv:
        flag, equals, _ = argument.partition("=")
        if flag in _OF_ONE_BATCH:
            left = 0 if equals else _OF_ONE_BATCH[flag]
        elif left and not argument.startswith("-"):
            left -= 1
        else:
            left = 0
            kept.append(argument)
    return kept


def _exit_with(message: str, status: int) -> NoReturn:
    program_watch.fail()
    try:
        print(message, file=sys.stderr, flush=True)  # noqa: T201 — the reason for the exit status
    except OSError:
        os._exit(status)  # the terminal is gone, and an orderly exit would fail over the same message
    sys.exit(status)


def _module() -> str | None:
    """Return the module's name, if the program is one that was started by ``python -m``."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    # A program that was started by another, such as a profiler, has put its own path there.
    if spec is None or spec.origin not in sys.argv[:1]:
        return None
    name: str = spec.name
    return name.removesuffix(".__main__")


def _prog(declaration: Declaration) -> str:
    """Return the program's name, with that of the experiment where it has several."""
    name = _program_name()
    return f"{name}: {declaration.own_name}" if declared.are_several(declaration) else name


def _program_name() -> str:
    if module := _module():
        return f"{os.path.basename(sys.executable)} -m {module}"
    return os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "pyexp"
