"""Each run in a fork of one small process that has made the script's code ready: imports are paid once."""

from __future__ import annotations

import copy
import os
import pickle
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, ClassVar

import anyio

from pyexp._record import names_of
from pyexp.code.packing import pack
from pyexp.errors import ExecutorError
from pyexp.executors.base import Executor, Session
from pyexp.executors.child.payload import kept_joint
from pyexp.executors.ending.guard import Guard, open_guard
from pyexp.executors.local.prepared_server import PreparedServer, start_prepared_server
from pyexp.executors.local.serving import environment_changes, execute_on, working_folder
from pyexp.store.layout import BatchPaths
from pyexp.task import Failed, Outcome, Task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


class ForkserverExecutor(Executor):
    """Fork each run from a server: one process per batch that makes the script's code ready once (Unix only).

    What a script imports is paid once, as with ``fork``, but threads and memory of the parent do not come along, and
    nothing that one run changes is seen by the next. What the script's top prints in the server is in the batch's
    ``forkserver.out``. The time that the server takes counts for the runs that wait for it. A server that dies fails
    the runs under way, and is started again for the others.

    Raises:
        ExecutorError: This platform has no fork, or no sockets that pass descriptors.
    """

    is_isolated: ClassVar[bool] = True

    _session: Session
    _guard: Guard
    _package: bytes
    _servers: _Servers

    def __init__(self) -> None:
        if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
            missing = "os.fork" if not hasattr(os, "fork") else "socket.send_fds"
            raise ExecutorError(
                f"the executor 'forkserver' needs {missing}, which {sys.platform} lacks: use 'subprocess'"
            )

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Pack the experiment and start the guard; the server is started for the first run.

        Raises:
            UnpicklableError: The experiment cannot be sent.
        """
        bound = copy.copy(self)
        bound._session = session
        packed = await anyio.to_thread.run_sync(pack, session.body)
        for note in packed.notes:
            session.note(note)
        async with AsyncExitStack() as stack:
            joint = await anyio.to_thread.run_sync(stack.enter_context, kept_joint(packed.joint))
            bound._guard = await stack.enter_async_context(open_guard())
            code = pickle.dumps((session.code, packed.package, joint))
            bound._servers = _Servers(code, bound._guard, session)
            try:
                yield bound
            finally:
                with anyio.CancelScope(shield=True):
                    await bound._servers.close()

    async def execute(self, task: Task) -> Outcome:
        """Have the run forked and wait for its end; on cancellation its whole process tree is terminated first."""
        return await execute_on(self._servers, task, self._guard, self._session)


class _Servers:
    """The batch's server: the first, and those in place of one that died."""

    def __init__(self, package: bytes, guard: Guard, session: Session) -> None:
        self._package = package
        self._guard = guard
        self._session = session
        self._server: PreparedServer | None = None
        self._attempt = 0
        self._starts = 0
        self._is_noted = False
        self._turn = anyio.Lock()

    async def get(self, task: Task) -> PreparedServer | Failed:
        """Get the server, once it is ready, or the failure of the script's code: it is that of every run.

        Raises:
            OSError: The server cannot be started.
        """
        async with self._turn:
            server = self._server if self._is_usable(task) else await self._start(task)
        assert server is not None
        report = await server.wait_until_ready()
        if isinstance(report, Failed):
            return report
        if report.hazards and not self._is_noted:
            self._is_noted = True
            self._session.note(_hazard_note(report.hazards))
        return server

    def pack(self, task: Task, server: PreparedServer) -> bytes:
        """Pack what the process of one run takes; its body is in the server already."""
        light = {name: getattr(task, name) for name in names_of(Task) if name != "body"}
        return pickle.dumps((environment_changes(task, server.environment), working_folder(), pickle.dumps(light)))

    def _is_usable(self, task: Task) -> bool:
        if self._server is None:
            return False
        if self._server.has_failed:  # a further attempt has another server try again, once for all runs
            return task.attempt <= self._attempt
        return not self._server.is_lost

    async def _start(self, task: Task) -> PreparedServer:
        await self.close()
        self._starts += 1
        self._attempt = max(self._attempt, task.attempt)
        self._server = await start_prepared_server(
            self._package,
            BatchPaths(task.out.parent).server_log,
            self._starts,
            environment=self._guard.environment | _fork_safe_variables(),
            guard=self._guard,
            session=self._session,
        )
        return self._server

    async def close(self) -> None:
        """End the server, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            with anyio.CancelScope(shield=True):
                await server.close()
            self._guard.forget(server.pid)


def _fork_safe_variables() -> dict[str, str]:
    """Return variables by which libraries avoid what a fork does not survive, unless the user has set them.

    torch then asks the driver's NVML whether there is a GPU, instead of CUDA, which a forked child could not use again.
    """
    return {"PYTORCH_NVML_BASED_CUDA_CHECK": os.environ.get("PYTORCH_NVML_BASED_CUDA_CHECK", "1")}


def _hazard_note(hazards: Sequence[str]) -> str:
    return (
        f"the process that the runs are forked from has {', '.join(hazards)} once the script's top is executed: runs "
        f"may hang or crash; move what starts it into the function, or use the executor 'subprocess'"
    )
