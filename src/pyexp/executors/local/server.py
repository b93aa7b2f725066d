"""A fork server as the process that started it sees it: one socket, on which runs are asked for and their ends told.

Knows the protocol and when the server is gone. Knows no task, and starts no second server.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from itertools import count
from typing import IO, TYPE_CHECKING

import anyio

from pyexp.executors.capture import open_log
from pyexp.executors.child import FORK_SERVER
from pyexp.executors.child.forkserver_protocol import ANSWER, REQUEST, Answer, Report
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.ending.processes import end_leftovers, end_tree
from pyexp.executors.verdict import describe_end, with_tail
from pyexp.store import descriptors
from pyexp.task import Failed

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.executors.base import Session
    from pyexp.executors.ending.guard import Guard

_FORK_S = 60.0
_EXIT_S = 1.0


class ServerLostError(Exception):
    """The server is gone, and has not taken the request."""


class ForkedRun:
    """A run's process, which is the server's child."""

    def __init__(self, session: Session) -> None:
        """Describe a run that is being asked for."""
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
    """One fork server that has been started; `start` makes one."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        connection: socket.socket,
        package: IO[bytes],
        *,
        log: Path,
        session: Session,
    ) -> None:
        """Listen to the server.

        Args:
            process: Its process.
            connection: Our end of the socket.
            package: The file that its report comes in.
            log: What it prints.
            session: Says how much time a process that is ended gets.
        """
        self.environment = dict(os.environ)
        self.is_lost = False
        self._process = process
        self._connection = connection
        self._package = package
        self._log = log
        self._session = session
        self._settled = asyncio.Event()
        self._report: Report | None = None
        self._runs: dict[int, ForkedRun] = {}
        self._serials = count(1)
        self._turn = anyio.Lock()
        self._unread = b""
        connection.setblocking(False)
        descriptors.keep(connection.fileno())
        asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    async def wait_until_ready(self) -> Report | Failed:
        """Wait until the user's code is there, and return what the server says; or the failure that it is not."""
        await self._settled.wait()
        if self._report is None:
            heading = "ForkServerDied: the process that makes the script ready for the runs"
            return Failed(error=with_tail(f"{heading} {describe_end(await self._exit_code())}", self._log))
        return self._report if self._report.error is None else Failed(error=self._report.error)

    @property
    def has_failed(self) -> bool:
        """Whether the user's code could not be made ready, for whatever reason."""
        return self._settled.is_set() and (self._report is None or self._report.error is not None)

    async def fork(self, log: int, mailbox: IO[bytes]) -> ForkedRun:
        """Have a run forked, with its output in *log*; cancellation waits for the answer.

        Returns:
            The run; without a pid when the server died over it.

        Raises:
            ServerLostError: The server is gone; the run has not begun.
            OSError: There can be no more processes.
        """
        if sys.platform == "win32":
            raise NotImplementedError
        async with self._turn:  # one request at a time never fills the socket
            run, serial = ForkedRun(self._session), next(self._serials)
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
        """Why a run that was under way is lost, as its error."""
        heading = "ForkServerDied: while the run was under way, the process that it was forked from"
        return with_tail(f"{heading} {describe_end(await self._exit_code())}", self._log)

    async def close(self) -> None:
        """End the server, with what it left, and remove its log if that is empty."""
        self._lose()
        with anyio.move_on_after(_EXIT_S):
            await self._process.wait()
        if self._process.returncode is None:
            await end_tree(self._process.pid, self._session)
        await self._process.wait()
        await end_leftovers(self._process.pid)
        self._package.close()
        with suppress(OSError):
            if not self._log.stat().st_size:
                self._log.unlink()

    @property
    def pid(self) -> int:
        """The server's process; it leads its process group."""
        return self._process.pid

    async def _wait_for_answer(self, run: ForkedRun) -> None:
        with anyio.move_on_after(_FORK_S, shield=True):
            await run.answered.wait()
            return
        with suppress(ProcessLookupError):
            self._process.kill()  # something in the script's libraries hangs over the fork
        await run.answered.wait()

    async def _exit_code(self) -> int:
        """The exit code of a lost server, which has closed its socket but may take a moment to end."""
        with anyio.move_on_after(_EXIT_S):
            return await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()

    def _read(self) -> None:
        try:
            data = self._connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        self._unread += data
        whole = len(self._unread) // ANSWER.size * ANSWER.size
        answers, self._unread = self._unread[:whole], self._unread[whole:]
        for kind, serial, value in ANSWER.iter_unpack(answers):
            self._take(Answer(kind), serial, value)

    def _take(self, kind: Answer, serial: int, value: int) -> None:
        match kind:
            case Answer.READY | Answer.UNREADY:
                self._report = Report.take(self._package)
                self._settled.set()
            case Answer.FORKED:
                self._runs[serial].pid = value
                self._runs[serial].answered.set()
            case Answer.REFUSED:
                run = self._runs.pop(serial)
                run.refusal = value
                run.answered.set()
            case Answer.ENDED:  # never before FORKED: the server does one thing after the other
                run = self._runs.pop(serial)
                run.returncode = value
                run.ended.set()

    def _lose(self) -> None:
        """The server is gone, or shall be: it ends at the end of its socket."""
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
        self._settled.set()


async def start_server(
    package: bytes, log: Path, start: int, *, environment: dict[str, str], guard: Guard, session: Session
) -> Server:
    """Start a fork server that makes the code in *package* ready.

    Args:
        package: What `executors.child.forkserver.make_ready` takes.
        log: Gets what the server prints.
        start: 1 for the batch's first server, 2 for the next, ….
        environment: Variables for the server and all of its runs.
        guard: Watches the server.
        session: Says how much time a process that is ended gets.

    Raises:
        OSError: The process cannot be started, or its log not be opened.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    file = open_mailbox(pickle.dumps((sys.path, package)))
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            with anyio.CancelScope(shield=True):
                process = await _exec(theirs, open_log(log, start), environment)
        except BaseException:
            ours.close()
            file.close()
            raise
    guard.watch_reaper(process.pid)
    with suppress(ConnectionError):  # gone already: the end of the socket says so
        socket.send_fds(ours, [b"\0"], [file.fileno()])
    return Server(process, ours, file, log=log, session=session)


async def _exec(connection: socket.socket, log: int, environment: dict[str, str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *subprocess._args_from_interpreter_flags(),  # type: ignore[attr-defined]
            FORK_SERVER,
            stdin=connection.fileno(),
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    finally:
        os.close(log)
