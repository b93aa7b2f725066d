"""What every process of a run does, however it was started: die with its parent, execute, report, end at once."""

from __future__ import annotations

import faulthandler
import io
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

from pyexp._cpython import run_exit_handlers, starter_of
from pyexp._loaded import find_loaded
from pyexp.executors.child.mailbox import post_report
from pyexp.executors.child.start_variables import forget_start_variables
from pyexp.executors.ending.processes import adopt_orphans, die_with_parent, end_escaped_descendants
from pyexp.executors.invoke import describe_error, report_failure, run_task
from pyexp.task import Outcome, Passed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.task import Task

_LOG_PATIENCE_S = 5.0
TEXT: Final[Any] = {"encoding": "utf-8", "errors": "backslashreplace", "line_buffering": True}


def prepare_process(parent: int) -> None:
    """Have this process die with *parent*, which started it, and adopt what is orphaned below it."""
    forget_start_variables()
    die_with_parent(parent)
    adopt_orphans()


def live(mailbox: IO[bytes], get_task: Callable[[], Task]) -> NoReturn:
    """Execute the task that *get_task* gives, report to *mailbox*, and end this process without returning.

    Threads that the run left behind are not waited for; exit handlers are run and streams flushed. The process has been
    prepared (`prepare_process`), and so have its streams.

    Args:
        mailbox: Takes the report.
        get_task: What it raises is the run's failure.
    """
    code = 1
    try:
        outcome = _execute(get_task)
        _complete_logs()
        post_report(mailbox, outcome)
        code = 0 if isinstance(outcome, Passed) else 1
    finally:
        with suppress(BaseException):  # an exit handler of the user's may raise anything; the report is out already
            _end_helpers()
            run_exit_handlers()
        for stream in (sys.stdout, sys.stderr):
            with suppress(BaseException):  # a full disk: the report is out already
                stream.flush()
        with suppress(BaseException):  # nothing may keep this process from ending
            end_escaped_descendants()
        os._exit(code)


def _execute(get_task: Callable[[], Task]) -> Outcome:
    try:
        task = get_task()
    except BaseException as error:  # the user's script is made here, and modules of the user are imported
        return report_failure(describe_error(error))
    return run_task(task)


def prepare_streams() -> None:
    """Write text as it comes, line by line, whatever characters it has."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(**TEXT)  # type: ignore[union-attr]
    faulthandler.enable()


def replace_streams() -> None:
    """Make new stream objects: those of a forked process may be a notebook's, with text of its parent in them."""
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(number, "wb", closefd=False), **TEXT) for number in (1, 2))
    faulthandler.enable()


def _end_helpers() -> None:
    """End the processes that the run left to multiprocessing, whose exit handler would wait for them."""
    if module := find_loaded("multiprocessing.process", "active_children"):
        for process in module.active_children():
            # A forked run also knows those of its parent, which are none of its business.
            if starter_of(process) == os.getpid():
                process.kill()


def _complete_logs() -> None:
    """Write out the event logs that the run opened itself."""
    if "pyexp.log.queue.exit_hooks" in sys.modules:
        from pyexp.log import close_all

        close_all(timeout_s=_LOG_PATIENCE_S)
