"""A run server from the point of view of its parent: one socket, on which runs are requested and their ends reported.

Knows the protocol and when the server is gone. Knows no task, and starts no second server.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from itertools import count
from typing import IO, TYPE_CHECKING

import anyio

from pyexp.executors.ending.processes import end_leftovers, end_tree
from pyexp.executors.verdict import describe_end
from pyexp.store import descriptors

if TYPE_CHECKING or sys.platform != "win32":
    from pyexp.executors.child.run_server import ANSWER, REQUEST, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyexp.executors.base import Session
    from pyexp.executors.ending.guard import Guard

_FORK_S = 60.0
_EXIT_S = 1.0


class ServerLostError(Exception):
    """The server is gone, and has not taken the request."""


class ServedRun:
    """A run's process, which is the server's child."""

    def __init__(self, session: Session) -> None:
        """Describe a run that is requested."""
        self.pid = 0
        self.returncode: int | None = None
        self.is_lost = False
        self.refusal: int | None = None
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self._session = session

    async def wait(self) -> int:
        """Wait for its end and return its exit code; when the server is lost, its process tree is ended first."""
        if sys.platform == "win32":
            raise NotImplementedError
        await self.ended.wait()
        if self.returncode is None:
            with anyio.CancelScope(shield=True):
                await end_tree(self.pid, self._session)
            self.returncode = -signal.SIGKILL
        return self.returncode


class Server:
    """A run server that has been started."""

    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket, *, session: Session) -> None:
        """Listen to the server.

        Args:
            process: Its process.
            connection: This end of the socket.
            session: Has the grace of a process that is terminated.
        """
        self.environment = dict(os.environ)
        self.is_lost = False
        self._process = process
        self._connection = connection
        self._session = session
        self._runs: dict[int, ServedRun] = {}
        self._serials = count(1)
        self._turn = anyio.Lock()
        self._unread = b""
        connection.setblocking(False)
        descriptors.keep(connection.fileno())
        asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    @property
    def pid(self) -> int:
        """The server's process; it leads its process group."""
        return self._process.pid

    async def start_run(self, log: int, mailbox: IO[bytes]) -> ServedRun:
        """Have a run started, with its output in *log*; cancellation waits for the answer.

        Returns:
            The run; without a pid when the server exited meanwhile.

        Raises:
            ServerLostError: The server is gone; the run has not begun.
            OSError: There can be no more processes.
        """
        if sys.platform == "win32":
            raise NotImplementedError
        async with self._turn:  # one request at a time never fills the socket
            run, serial = ServedRun(self._session), next(self._serials)
            if self.is_lost:
                raise ServerLostError
            try:
                socket.send_fds(self._connection, [REQUEST.pack(serial)], [log, mailbox.fileno()])
            except ConnectionError as error:
                raise ServerLostError from error
            self._runs[serial] = run
            await self._wait_for_answer(run)
        if run.refusal is not None:
            raise OSError(run.refusal, os.strerror(run.refusal))
        return run

    async def describe_loss(self) -> str:
        """Return why a run that was under way is lost, as its error."""
        end = describe_end(await self.exit_code())
        return f"RunServerDied: while the run was under way, the process that it was started from ended ({end})"

    async def close(self) -> None:
        """End the server, with what it left."""
        self.lose()
        with anyio.move_on_after(_EXIT_S):
            await self._process.wait()
        if self._process.returncode is None:
            await end_tree(self._process.pid, self._session)
        await self._process.wait()
        await end_leftovers(self._process.pid)

    async def exit_code(self) -> int:
        """Return the exit code of a lost server, which has closed its socket but may take a moment to exit."""
        with anyio.move_on_after(_EXIT_S):
            return await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()

    def take_report(self) -> None:
        """Take what a server reports once."""

    async def _wait_for_answer(self, run: ServedRun) -> None:
        with anyio.move_on_after(_FORK_S, shield=True):
            await run.answered.wait()
            return
        with suppress(ProcessLookupError):
            self._process.kill()  # something in the script's libraries hangs over the fork
        await run.answered.wait()

    def _read(self) -> None:
        try:
            data = self._connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lose()
            return
        self._unread += data
        whole = len(self._unread) // ANSWER.size * ANSWER.size
        answers, self._unread = self._unread[:whole], self._unread[whole:]
        for kind, serial, value in ANSWER.iter_unpack(answers):
            self._take(Answer(kind), serial, value)

    def _take(self, kind: Answer, serial: int, value: int) -> None:
        match kind:
            case Answer.READY | Answer.UNREADY:
                self.take_report()
            case Answer.STARTED:
                self._runs[serial].pid = value
                self._runs[serial].answered.set()
            case Answer.REFUSED:
                run = self._runs.pop(serial)
                run.refusal = value
                run.answered.set()
            case Answer.ENDED:  # never before STARTED: the server does one thing after the other
                run = self._runs.pop(serial)
                run.returncode = value
                run.ended.set()

    def lose(self) -> None:
        """Abandon the server: it is gone, or exits at the end of its socket."""
        if self.is_lost:
            return
        self.is_lost = True
        asyncio.get_running_loop().remove_reader(self._connection.fileno())
        descriptors.let_go(self._connection.fileno())
        self._connection.close()
        for run in self._runs.values():
            run.is_lost = True
            run.answered.set()
            run.ended.set()
        self._runs.clear()


async def start_server(
    program: Sequence[str], log: int, *, environment: Mapping[str, str], guard: Guard
) -> tuple[asyncio.subprocess.Process, socket.socket]:
    """Start the process of a run server, and return it with this end of its socket.

    Args:
        program: Its arguments for Python.
        log: Gets what it prints; closed here.
        environment: Variables for the server and all of its runs.
        guard: Watches the server.

    Raises:
        OSError: The process cannot be started.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            with anyio.CancelScope(shield=True):
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *program,
                    stdin=theirs.fileno(),
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        finally:
            os.close(log)
    guard.watch_reaper(process.pid)
    return process, ours
