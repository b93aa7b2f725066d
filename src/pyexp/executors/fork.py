"""Each run in a fork of this process: everything already imported and loaded is there at once."""

from __future__ import annotations

import atexit
import copy
import io
import os
import signal
import sys
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import IO, TYPE_CHECKING, ClassVar, NoReturn

import anyio

from pyexp.errors import ExecutorError
from pyexp.executors.base import Executor, Session, unlimited
from pyexp.executors.capture import open_log
from pyexp.executors.child import live
from pyexp.executors.guard import Guard, open_guard
from pyexp.executors.mailbox import open_mailbox, take_report
from pyexp.executors.processes import end_leftovers, end_tree, load_libc
from pyexp.executors.verdict import ended_early
from pyexp.store import descriptors
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pyexp.task import Task


class ForkExecutor(Executor):
    """Run each config in a forked child (Unix only): fast to start, with the parent's modules as they are.

    A child also holds what the parent had open, such as an application's sockets, until it ends.

    Raises:
        ExecutorError: This platform has no fork.
    """

    is_isolated: ClassVar[bool] = True

    _session: Session
    _guard: Guard

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise ExecutorError(f"the executor 'fork' needs os.fork, which {sys.platform} lacks: use 'subprocess'")

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Start the guard."""
        bound = copy.copy(self)
        bound._session = session
        # Here once, not in every child.
        await anyio.to_thread.run_sync(load_libc)
        async with open_guard(looks_into_files=True) as bound._guard:
            yield bound

    async def execute(self, task: Task) -> Outcome:
        """Fork and wait in one worker thread; on cancellation the child's whole process tree is ended first."""
        with open_mailbox() as mailbox, _kept(mailbox.fileno()):
            child = _Child(task, mailbox, self._guard)
            try:
                child.start_log()
            except OSError as error:
                return Failed(error=f"{type(error).__name__}: the run's log could not be opened: {error}")
            async with anyio.create_task_group() as group:
                group.start_soon(self._end_when_cancelled, child)
                with anyio.CancelScope(shield=True):
                    # The parent-death signal fires when the forking thread ends: the same thread forks and waits.
                    code = await anyio.to_thread.run_sync(child.fork_and_wait, limiter=unlimited())
                group.cancel_scope.cancel()
            # The group has swallowed a cancellation from outside, if there was one.
            await anyio.lowlevel.checkpoint_if_cancelled()
            if isinstance(code, OSError):
                return Failed(error=f"{type(code).__name__}: the run's process could not be started: {code}")
            self._guard.forget(child.pid)
            await end_leftovers(child.pid)
            return take_report(mailbox, child.pid) or ended_early(child.pid, code, RunPaths(task.out).log)

    async def _end_when_cancelled(self, child: _Child) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                if not child.has_ended:
                    await anyio.to_thread.run_sync(child.has_started.wait)
                if not child.has_ended:
                    await end_tree(child.pid, self._session)


class _Child:
    """One forked process, from the forking thread's point of view and its own."""

    def __init__(self, task: Task, mailbox: IO[bytes], guard: Guard) -> None:
        self.pid = 0
        self.has_started = threading.Event()
        self.has_ended = False
        self._task = task
        self._mailbox = mailbox
        self._guard = guard
        self._log = -1

    def start_log(self) -> None:
        self._log = open_log(RunPaths(self._task.out).log, self._task.attempt)
        descriptors.keep(self._log)

    def fork_and_wait(self) -> int | OSError:
        """Fork, and return the child's exit code (negative for a signal), or why there is no child."""
        if sys.platform == "win32":
            raise NotImplementedError
        parent = os.getpid()
        try:
            pid = os.fork()
            if pid == 0:
                self._live(parent)
            self.pid = pid
            self.has_started.set()
            # Both sides set the group: whoever comes first, it exists before anybody signals it.
            with suppress(OSError):
                os.setpgid(pid, pid)
            self._guard.watch(pid)
        except OSError as error:
            self.has_ended = True
            self.has_started.set()
            return error
        finally:
            descriptors.let_go(self._log)
            os.close(self._log)
        _, status = os.waitpid(pid, 0)
        self.has_ended = True
        return os.waitstatus_to_exitcode(status)

    def _live(self, parent: int) -> NoReturn:
        """The child's whole life; never returns into the parent's code."""
        if sys.platform == "win32":
            raise NotImplementedError
        try:
            with suppress(OSError):
                os.setpgid(0, 0)
            _reset_signals()
            atexit._clear()
            os.environ.update(self._guard.environment | dict(self._task.environment))
            self._take_streams()
            descriptors.close_inherited(but=self._mailbox.fileno())
            self._guard.hold_mark()
            live(self._mailbox, parent, lambda: self._task)
        finally:
            os._exit(1)

    def _take_streams(self) -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(self._log, 1)
        os.dup2(self._log, 2)
        # The parent's stream objects may be a notebook's or a test runner's, with text of the parent's in them.
        sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False))
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False))
        sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False))


@contextmanager
def _kept(descriptor: int) -> Iterator[None]:
    descriptors.keep(descriptor)
    try:
        yield
    finally:
        descriptors.let_go(descriptor)


def _reset_signals() -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
