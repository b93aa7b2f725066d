"""Each run in a fresh interpreter: nothing that it does can hurt the others."""

from __future__ import annotations

import asyncio
import copy
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, ClassVar

import anyio

from pyexp._cpython import python_options
from pyexp.code.packing import pack
from pyexp.executors.awaiting import await_outcome
from pyexp.executors.base import Executor, Session
from pyexp.executors.capture import open_log
from pyexp.executors.child import RUN_SERVER, WORKER
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.child.payload import kept_joint, make_payload
from pyexp.executors.ending.guard import Guard, open_guard
from pyexp.executors.local.server import Server, start_server
from pyexp.executors.local.serving import environment_changes, execute_on, working_folder
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING or sys.platform != "win32":
    from pyexp.executors.child.run_server import pack_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyexp.task import Task


# Elsewhere orphans cannot be adopted, and the workers are started from here.
_HAS_SERVER = sys.platform == "linux"


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
    _servers: _Servers | None = None

    def __init__(self, *, by_value: bool = False) -> None:
        """Say how the function travels.

        Args:
            by_value: Always by cloudpickle: the top of the script is not executed again in each run.
        """
        self._by_value = by_value

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Start the guard and the process that workers are started from, and pack the experiment meanwhile.

        Raises:
            UnpicklableError: The experiment cannot be sent.
        """
        bound = copy.copy(self)
        bound._session = session
        async with AsyncExitStack() as stack:
            bound._guard = await stack.enter_async_context(open_guard())
            if _HAS_SERVER:
                bound._servers = await stack.enter_async_context(_open_servers(bound))
            packed = await anyio.to_thread.run_sync(partial(pack, session.body, by_value=self._by_value))
            bound._package = packed.package
            for note in packed.notes:
                session.note(note)
            bound._joint = await anyio.to_thread.run_sync(stack.enter_context, kept_joint(packed.joint))
            yield bound

    async def execute(self, task: Task) -> Outcome:
        """Start the worker and wait for its end; on cancellation the whole process tree is terminated first."""
        if self._servers is not None:
            return await execute_on(self._servers, task, self._guard, self._session)
        with open_mailbox(self.payload(task, os.getpid())) as mailbox:
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
                *python_options(),
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

    def payload(self, task: Task, parent: int) -> bytes:
        """Pack what the worker reads; it ends with the process *parent*, which starts it."""
        return make_payload(
            parent, sys.path, code=self._session.code, package=self._package, joint=self._joint, task=task
        )


class _Servers:
    """The process that the batch's workers are started from: the first, and those in place of one that was killed.

    It gets the orphans of runs that were killed, and outlives this process just long enough to kill what is left.
    """

    def __init__(self, executor: SubprocessExecutor) -> None:
        self._executor = executor
        self._server: Server | None = None
        self._turn = anyio.Lock()

    async def get(self, _task: Task) -> Server:
        """Return the server.

        Raises:
            OSError: It cannot be started.
        """
        async with self._turn:
            if self._server is None or self._server.is_lost:
                await self.close()
                await self.start()
            assert self._server is not None
            return self._server

    async def start(self) -> None:
        """Start the first server, or another one.

        Raises:
            OSError: It cannot be started.
        """
        guard, session = self._executor._guard, self._executor._session
        process, connection = await start_server(
            ["-I", "-S", RUN_SERVER], os.open(os.devnull, os.O_WRONLY), environment=guard.environment, guard=guard
        )
        self._server = Server(process, connection, session=session)

    def pack(self, task: Task, server: Server) -> bytes:
        """Pack the worker's program, and what it reads."""
        argv = [sys.executable, *python_options(), WORKER]
        program = pack_program(argv, environment_changes(task, server.environment), working_folder())
        return program + self._executor.payload(task, server.pid)

    async def close(self) -> None:
        """End the server, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            with anyio.CancelScope(shield=True):
                await server.close()
            self._executor._guard.forget(server.pid)


@asynccontextmanager
async def _open_servers(executor: SubprocessExecutor) -> AsyncIterator[_Servers]:
    servers = _Servers(executor)
    try:
        with suppress(OSError):  # there can be no more processes now: the first run tries again
            await servers.start()
        yield servers
    finally:
        await servers.close()
