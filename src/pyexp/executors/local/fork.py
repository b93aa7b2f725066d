"""Each run in a fork of this process: everything already imported and loaded is there at once."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import signal
import sys
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import Context, copy_context
from functools import partial
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

import anyio

from pyexp._cpython import clear_exit_handlers, leave_task
from pyexp._libc import load_libc
from pyexp.errors import ExecutorError
from pyexp.executors import forking
from pyexp.executors.awaiting import await_outcome
from pyexp.executors.base import Executor, Session
from pyexp.executors.capture import open_log
from pyexp.executors.child.child import live, prepare_process, replace_streams
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.child.random_state import keep_random_state, settle_random_state
from pyexp.executors.ending.guard import Guard, open_guard
from pyexp.store import descriptors
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from pyexp.code.origin import CodeOrigin
    from pyexp.task import Task

_POLL_S = 0.01
_UNKNOWN_CODE = 255


class ForkExecutor(Executor):
    """Run each config in a forked child (Unix only): fast to start, with the parent's modules as they are.

    A child also holds what the parent had open, such as an application's sockets, until it ends.

    Raises:
        ExecutorError: This platform has no fork.
    """

    is_isolated: ClassVar[bool] = True

    _session: Session
    _guard: Guard
    _context: Context

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise ExecutorError(f"the executor 'fork' needs os.fork, which {sys.platform} lacks: use 'subprocess'")

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Start the guard, and say what stands in this process that its forks may hang over."""
        bound = copy.copy(self)
        bound._session = session
        # Here once, not in every child.
        await anyio.to_thread.run_sync(load_libc)
        # A worker thread's context: the caller's variables, without the loop's own.
        bound._context = await anyio.to_thread.run_sync(copy_context)
        async with open_guard(looks_into_files=True) as bound._guard:
            with bound._guard.watch_fork():
                hazards = forking.find_hazards(has_loop=True)
            if hazards:
                session.note(_hazard_note(hazards))
            yield bound

    async def execute(self, task: Task) -> Outcome:
        """Fork and wait; on cancellation the child's whole process tree is ended first."""
        log = RunPaths(task.out).log
        with open_mailbox() as mailbox, _kept(mailbox.fileno()):
            child = _Child(task, mailbox, self._guard, self._session.code)
            try:
                child.start_log(log)
            except OSError as error:
                return Failed(error=f"{type(error).__name__}: the run's log could not be opened: {error}")
            try:
                child.fork(self._context)
            except OSError as error:
                return Failed(error=f"{type(error).__name__}: the run's process could not be started: {error}")
            return await await_outcome(child, mailbox, log, self._guard, self._session)


class _Child:
    """One forked process, from the parent's point of view and its own."""

    def __init__(self, task: Task, mailbox: IO[bytes], guard: Guard, code: CodeOrigin) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self._task = task
        self._mailbox = mailbox
        self._guard = guard
        self._code = code
        self._log = -1

    def start_log(self, path: Path) -> None:
        self._log = open_log(path, self._task.attempt)
        descriptors.keep(self._log)

    def fork(self, context: Context) -> None:
        """Fork in the loop's own thread, with which the child ends: Python's lock is held in any case.

        Args:
            context: The context that the child's code runs in.

        Raises:
            OSError: There can be no more processes.
        """
        if sys.platform == "win32":
            raise NotImplementedError
        parent = os.getpid()
        loop, task, kept = asyncio.get_running_loop(), asyncio.current_task(), keep_random_state()
        assert task is not None
        try:
            with self._guard.watch_fork(RunPaths(self._task.out).log):
                self.pid = forking.fork()
                if self.pid == 0:
                    # The child is in no task: user code may run a loop of its own.
                    leave_task(loop, task)
                    context.copy().run(self._live, parent, kept)
        finally:
            descriptors.let_go(self._log)
            os.close(self._log)
        # Both sides set the group, so that it exists before it is signalled.
        with suppress(OSError):
            os.setpgid(self.pid, self.pid)
        self._guard.watch(self.pid)

    async def wait(self) -> int:
        """Wait for the child's end and return its exit code, negative for a signal."""
        while self.returncode is None:
            await _sign_of_end(self.pid)
            self.returncode = _exit_code(self.pid)
        return self.returncode

    def _live(self, parent: int, kept: tuple[Any, ...] | None) -> NoReturn:
        """Live the child's whole life; never return into the parent's code."""
        if sys.platform == "win32":
            raise NotImplementedError
        try:
            with suppress(OSError):
                os.setpgid(0, 0)
            gc.freeze()  # a collection would copy every page of the parent that it looks at
            _reset_signals()
            clear_exit_handlers()
            os.environ.update(self._guard.environment | dict(self._task.environment))
            self._take_streams()
            descriptors.close_inherited(but=self._mailbox.fileno())
            self._guard.hold_mark()
            prepare_process(parent)
            live(self._mailbox, partial(self._get_task, kept))
        finally:
            os._exit(1)

    def _get_task(self, kept: tuple[Any, ...] | None) -> Task:
        self._code.enter()
        settle_random_state(kept)
        return self._task

    def _take_streams(self) -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(self._log, 1)
        os.dup2(self._log, 2)
        replace_streams()


def _hazard_note(hazards: list[str]) -> str:
    return (
        f"this process has {', '.join(hazards)}: runs that are forked from it may hang or crash; "
        f"use the executor 'forkserver'"
    )


@contextmanager
def _kept(descriptor: int) -> Iterator[None]:
    descriptors.keep(descriptor)
    try:
        yield
    finally:
        descriptors.let_go(descriptor)


async def _sign_of_end(pid: int) -> None:
    """Wait until the process *pid* has ended, or has had a moment to do so."""
    descriptor = _open_descriptor(pid)
    if descriptor is None:
        await anyio.sleep(_POLL_S)
        return
    with _kept(descriptor):
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        loop.add_reader(descriptor, _settle, ended)
        try:
            await ended
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)


def _open_descriptor(pid: int) -> int | None:
    """Return a descriptor that can be read when the process *pid* has ended (Linux)."""
    if sys.platform == "linux":
        # Forbidden in some containers, missing in an old kernel or C library; there may be too many open files.
        with suppress(AttributeError, OSError):
            return os.pidfd_open(pid)
    return None


def _exit_code(pid: int) -> int | None:
    """Return the exit code of the child *pid*, None while it lives."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # the application waits for every child that it has; the report says the rest
        return _UNKNOWN_CODE
    return os.waitstatus_to_exitcode(status) if ended else None


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _reset_signals() -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
