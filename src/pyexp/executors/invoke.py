"""The one place that calls user code: passes what it asks for, saves what it returns, turns its errors into data."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pyexp.code.start import start
from pyexp.errors import PyexpError
from pyexp.store.layout import RunPaths
from pyexp.store.outcomes import save_result
from pyexp.store.summary import summarise
from pyexp.task import Failed, Outcome, Passed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from pyexp.log.logger import Logger
    from pyexp.task import Body, Task

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# Looked up without importing it: most runs do not need it.
_ASYNCIO = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "asyncio") + os.sep

current_run: ContextVar[ActiveRun] = ContextVar("pyexp_current_run")

# Set while user code has the main thread: then, and only then, a signal handler may raise KeyboardInterrupt into it.
interruptible = threading.Event()


class _OwnProcess:
    """The process that executes a run itself, as opposed to those that the run starts or forks."""

    pid = 0


own_process = _OwnProcess()


class _Variables:
    """The environment variables of the runs that this process executes: of several at once, of the one begun last.

    After the last of them they are what they were before the first, in whichever order the runs end.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Know of no run, as in a child that was forked while others were executed."""
        self._lock = threading.Lock()
        self._runs: dict[object, Mapping[str, str]] = {}
        self._before: dict[str, str | None] = {}

    @contextmanager
    def set_for_run(self, values: Mapping[str, str]) -> Iterator[None]:
        """Set *values* while a run is executed."""
        run = object()
        with self._lock:
            self._before |= {name: os.environ.get(name) for name in values if not self._is_set(name)}
            self._runs[run] = values
            _set_variables(values)
        try:
            yield
        finally:
            with self._lock:
                self._runs.pop(run, None)
                _set_variables({name: self._value_of(name) for name in values})

    def _is_set(self, name: str) -> bool:
        return any(name in values for values in self._runs.values())

    def _value_of(self, name: str) -> str | None:
        others = (values[name] for values in reversed(self._runs.values()) if name in values)
        return next(others, self._before.get(name))


_variables = _Variables()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_variables.reset)


class ActiveRun:
    """A run while its code executes, in the process that executes it.

    Attributes:
        name: The config's name.
        config: The config; the user's code may change it.
        paths: Where the run's files are.
        environment: Variables that are set while its code executes.
        calls: Calls of each checkpointed function so far; the next one's place among them names its file.
    """

    def __init__(self, task: Task, *, is_silent: bool = False) -> None:
        """Take the run of *task*; with *is_silent*, nothing is logged: another process of the run does."""
        self.name = task.name
        self.config = task.config
        self.paths = RunPaths(task.out)
        self.environment = task.environment
        self._commit = task.commit
        self._is_silent = is_silent
        self._logger: Logger | None = None
        self.calls: Counter[str] = Counter()

    @property
    def out(self) -> Path:
        """The run's folder."""
        return self.paths.root

    @property
    def logger(self) -> Logger:
        """The run's event log, opened on first use; ``config`` and ``git_commit`` are logged at iteration 0."""
        if self._logger is None:
            from pyexp.executors.journal import open_run_log

            self._logger = open_run_log(self.out, self.config, self._commit, is_silent=self._is_silent)
        return self._logger

    def close(self) -> None:
        """Complete the event log.

        Raises:
            LogWriteError: Something that was logged could not be written.
        """
        if self._logger is not None:
            self._logger.close()
            self._logger = None


def run_task(task: Task) -> Outcome:
    """Execute *task* in this thread."""
    run = ActiveRun(task)
    try:
        value = call_body(task.body, run)
    except BaseException as error:  # a run may raise anything, SystemExit and KeyboardInterrupt included
        return _failed(run, error)
    return keep_value(run, value)


def call_body(body: Body, run: ActiveRun) -> Any:
    """Call the user's code for *run*; an awaitable that it returns gets a loop of its own."""
    token = current_run.set(run)
    own_process.pid = os.getpid()
    try:
        with _variables.set_for_run(run.environment):
            if threading.current_thread() is threading.main_thread():
                interruptible.set()
            value = body(run)
            return _run_loop(value) if hasattr(value, "__await__") else value
    finally:
        interruptible.clear()
        current_run.reset(token)


async def run_task_async(task: Task) -> Outcome:
    """Execute the asynchronous *task* in the running loop; cancellation goes through."""
    import asyncio

    import anyio

    run = ActiveRun(task)
    token = current_run.set(run)
    own_process.pid = os.getpid()
    try:
        with _variables.set_for_run(run.environment):
            value = await task.body(run)
    except asyncio.CancelledError as error:
        this = asyncio.current_task()
        if this is not None and this.cancelling():
            with suppress(Exception):  # a failure of the log is no reason to continue
                run.close()
            raise
        return _failed(run, error)
    except BaseException as error:  # as above
        return _failed(run, error)
    finally:
        current_run.reset(token)
    # A run that got this far is done: its result is saved even if the batch is being cancelled.
    with anyio.CancelScope(shield=True):
        outcome = await anyio.to_thread.run_sync(keep_value, run, value)
    return outcome  # noqa: RET504 — a scope may swallow, as the type checker sees it


def keep_value(run: ActiveRun, value: Any) -> Outcome:
    """Complete the run's log and save its *value*: with that the run has passed."""
    try:
        run.close()
        digest = save_result(run.paths.result, value)
        return Passed(digest=digest, pid=os.getpid(), summary=summarise(value), code_changed=start.code_changed or None)
    except OSError as error:
        reason = f"{type(error).__name__}: the result could not be saved in {run.out}: {error.strerror or error}"
        return report_failure(f"{reason}; make room or permission there, then continue the batch")
    except Exception as error:  # a value that cannot be pickled, an event log that could not be completed
        return report_failure(describe_error(error))


def describe_error(error: BaseException) -> str:
    """Return ``Type: message`` on the first line, then the traceback from the user's first frame on."""
    import traceback

    told = traceback.TracebackException(type(error), error, _user_frames(error.__traceback__), compact=True)
    message = _text_of(error)
    heading = f"{type(error).__qualname__}: {message}" if message else type(error).__qualname__
    if isinstance(error, NameError) and (reason := start.not_sent.get(error.name or "")):
        heading += f" ({error.name!r} was not sent to the run's process: {reason})"
    if isinstance(error, SystemExit):
        heading = f"SystemExit: the run called sys.exit({error.code!r}) before it returned a result"
    if isinstance(error, PyexpError) and _user_frames(error.__traceback__) is None:
        return heading
    return f"{heading}\n\n{''.join(told.format())}"


def _failed(run: ActiveRun, error: BaseException) -> Failed:
    text = describe_error(error)
    try:
        run.close()
    except Exception as second:  # the log's own failure is reported in addition to the run's
        text += f"\nThe event log could not be completed either: {_text_of(second)}\n"
    return report_failure(text)


def report_failure(error: str) -> Failed:
    """Return the failure for *error*, after printing it at the end of the run's log as a script would."""
    heading, _, trace = error.partition("\n\n")
    with suppress(OSError, ValueError):
        print(trace or heading, file=sys.stderr)  # noqa: T201 — the run's log
    return Failed(error=error, pid=os.getpid(), code_changed=start.code_changed or None)


def _set_variables(values: Mapping[str, str | None]) -> None:
    """Set environment variables that have another value; None removes one."""
    for name, value in values.items():
        if os.environ.get(name) == value:
            continue
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


def _run_loop(awaitable: Awaitable[Any]) -> Any:
    import asyncio

    async def wait() -> Any:
        return await awaitable

    return asyncio.run(wait())


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a __str__ that raises must not hide the error itself
        return "(its message cannot be shown: __str__ raised)"


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames at its top that are pyexp's, or of the loop that it started."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith((_PACKAGE, _ASYNCIO)):
        trace = trace.tb_next
    return trace
