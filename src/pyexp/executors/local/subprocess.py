"""Each run in a fresh interpreter: nothing that it does can hurt the others."""

from __future__ import annotations

import asyncio
import copy
import os
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, ClassVar

import anyio

from pyexp.code.packing import pack
from pyexp.executors.awaiting import await_outcome
from pyexp.executors.base import Executor, Session
from pyexp.executors.capture import open_log
from pyexp.executors.child import WORKER
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.child.payload import kept_joint, make_payload
from pyexp.executors.ending.guard import Guard, open_guard
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyexp.task import Task


class SubprocessExecutor(Executor):
    """Run each config in a subprocess of its own (the default).

    The child makes the script's module first, without what its guard ``if __name__ == "__main__":`` keeps from it, and
    takes over the variables that differ; where there is no guard, or no script, the function goes by cloudpickle. It
    has the parent's ``sys.path``, working directory and environment, no standard input, and writes to ``log.out``.
    """

    is_isolated: ClassVar[bool] = True

    _session: Session
    _guard: Guard
    _package: bytes
    _joint: bytes | str

    def __init__(self, *, by_value: bool = False) -> None:
        """Say how the function travels.

        Args:
            by_value: Always by cloudpickle: the top of the script is not executed again in each run.
        """
        self._by_value = by_value

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Pack the experiment once for all tasks and start the guard.

        Raises:
            UnpicklableError: The experiment cannot be sent.
        """
        bound = copy.copy(self)
        bound._session = session
        packed = await anyio.to_thread.run_sync(partial(pack, session.body, by_value=self._by_value))
        bound._package = packed.package
        for note in packed.notes:
            session.note(note)
        async with AsyncExitStack() as stack:
            bound._joint = await anyio.to_thread.run_sync(stack.enter_context, kept_joint(packed.joint))
            bound._guard = await stack.enter_async_context(open_guard())
            yield bound

    async def execute(self, task: Task) -> Outcome:
        """Start the worker and wait for its end; on cancellation the whole process tree is ended first."""
        with open_mailbox(self._payload(task)) as mailbox:
            try:
                child = await self._start(task, mailbox)
            except OSError as error:
                return Failed(error=f"{type(error).__name__}: the run's process could not be started: {error}")
            return await await_outcome(child, mailbox, RunPaths(task.out).log, self._guard, self._session)

    async def _start(self, task: Task, mailbox: IO[bytes]) -> asyncio.subprocess.Process:
        log = open_log(RunPaths(task.out).log, task.attempt)
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                *subprocess._args_from_interpreter_flags(),  # type: ignore[attr-defined]
                WORKER,
                stdin=mailbox,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._guard.environment, **task.environment},
                start_new_session=sys.platform != "win32",
            )
        finally:
            os.close(log)
        self._guard.watch(child.pid)
        return child

    def _payload(self, task: Task) -> bytes:
        return make_payload(
            os.getpid(), sys.path, code=self._session.code, package=self._package, joint=self._joint, task=task
        )
