"""A fork server from the point of view of its parent: a run server that first makes the user's code ready."""

from __future__ import annotations

import asyncio
import pickle
import socket
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from pyexp._cpython import python_options
from pyexp.executors.capture import open_log
from pyexp.executors.child import FORK_SERVER
from pyexp.executors.child.forkserver_report import Report
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.local.server import Server, start_server
from pyexp.executors.verdict import describe_end, with_tail
from pyexp.task import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyexp.executors.base import Session
    from pyexp.executors.ending.guard import Guard


class PreparedServer(Server):
    """A fork server that has been started."""

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
            connection: This end of the socket.
            package: The file that its report comes in.
            log: What it prints.
            session: Has the grace of a process that is terminated.
        """
        super().__init__(process, connection, session=session)
        self._package = package
        self._log = log
        self._settled = asyncio.Event()
        self._report: Report | None = None

    async def wait_until_ready(self) -> Report | Failed:
        """Wait until the user's code is there, and return the server's report; or the failure that it is not."""
        await self._settled.wait()
        if self._report is None:
            heading = "ForkServerDied: the process that makes the script ready for the runs"
            return Failed(error=with_tail(f"{heading} {describe_end(await self.exit_code())}", self._log))
        return self._report if self._report.error is None else Failed(error=self._report.error)

    @property
    def has_failed(self) -> bool:
        """Whether the user's code could not be made ready, for whatever reason."""
        return self._settled.is_set() and (self._report is None or self._report.error is not None)

    async def describe_loss(self) -> str:
        """Return why a run that was under way is lost, with the end of the server's log."""
        heading = "ForkServerDied: while the run was under way, the process that it was forked from"
        return with_tail(f"{heading} {describe_end(await self.exit_code())}", self._log)

    async def close(self) -> None:
        """End the server, with what it left, and remove its log if that is empty."""
        await super().close()
        self._package.close()
        with suppress(OSError):
            if not self._log.stat().st_size:
                self._log.unlink()

    def take_report(self) -> None:
        """Read the report: the user's code is there, or raised."""
        self._report = Report.take(self._package)
        self._settled.set()

    def lose(self) -> None:
        """Abandon the server, also while it is waited for; see `Server`."""
        super().lose()
        self._settled.set()


async def start_prepared_server(
    package: bytes, log: Path, start: int, *, environment: Mapping[str, str], guard: Guard, session: Session
) -> PreparedServer:
    """Start a fork server that makes the code in *package* ready.

    Args:
        package: What `executors.child.forkserver.make_ready` takes.
        log: Gets what the server prints.
        start: 1 for the batch's first server, 2 for the next, ….
        environment: Variables for the server and all of its runs.
        guard: Watches the server.
        session: Has the grace of a process that is terminated.

    Raises:
        OSError: The process cannot be started, or its log not be opened.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    file = open_mailbox(pickle.dumps((sys.path, package)))
    program = [*python_options(), FORK_SERVER]
    try:
        process, connection = await start_server(program, open_log(log, start), environment=environment, guard=guard)
    except BaseException:
        file.close()
        raise
    with suppress(ConnectionError):  # gone already: the end of the socket shows it
        socket.send_fds(connection, [b"\0"], [file.fileno()])
    return PreparedServer(process, connection, file, log=log, session=session)
