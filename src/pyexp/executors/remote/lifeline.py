"""The owner's side of a supervisor: what is started through it is killed with this process, descendants included."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from pyexp.errors import ExecutorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "supervisor.py")
_PATIENCE_S = 30.0


class Lifeline:
    """A supervisor, and the connection that keeps it alive. One process at a time runs under it.

    Attributes:
        pid: The supervisor; parent of what it starts.
    """

    pid: int
    _channel: socket.socket
    _buffer: bytes

    def __init__(self) -> None:
        """Start the supervisor.

        Raises:
            ExecutorError: This platform has no fork.
        """
        if sys.platform == "win32":
            raise ExecutorError("a node that executes runs needs os.fork, which Windows lacks: use Linux nodes")
        self._channel, theirs = socket.socketpair()
        with theirs:
            subprocess.run(
                [sys.executable, "-I", "-S", _SCRIPT, str(os.getpid())],
                stdin=theirs.fileno(),
                check=True,
                start_new_session=True,
            )
        self._buffer = b""
        self.pid = int(self._expect("ready"))

    def start(
        self,
        argv: Sequence[str],
        *,
        streams: Sequence[int],
        environment: Mapping[str, str],
        folder: str,
        scratch: str | None = None,
    ) -> int:
        """Start a process and return its pid.

        Args:
            argv: The program by its full path, and its arguments.
            streams: Descriptors for its standard input, output and error.
            environment: All of its environment.
            folder: Its working directory.
            scratch: A folder to remove should this process die before the one that is started.
        """
        order = {"argv": list(argv), "environment": dict(environment), "folder_of_work": folder, "folder": scratch}
        data = json.dumps(order).encode() + b"\n"
        self._send(data, streams)
        return int(self._expect("pid"))

    def wait(self, timeout_s: float) -> int | None:
        """Wait until the process and all below it have exited; return its exit code, or None when the time is up."""
        reply = self._receive(timeout_s)
        return None if reply is None else int(reply["code"])

    def stop(self, grace_s: float) -> None:
        """Terminate the process and all below it; kill them after *grace_s*."""
        self._send(json.dumps({"grace_s": grace_s}).encode() + b"\n", ())

    def end(self) -> None:
        """Kill the process and all below it now; return when they are gone."""
        self.stop(0)
        self._expect("code")

    def close(self) -> None:
        """Kill whatever still runs, and the supervisor; return when they are gone. A second call does nothing."""
        if self._channel.fileno() < 0:
            return
        with self._channel:
            self._channel.shutdown(socket.SHUT_WR)
            self._channel.settimeout(_PATIENCE_S)
            while self._channel.recv(1 << 12):
                pass

    def _send(self, data: bytes, fds: Sequence[int]) -> None:
        try:
            if sys.platform != "win32":
                socket.send_fds(self._channel, [data[:1]], list(fds))
            self._channel.sendall(data[1:])
        except OSError as error:
            raise _gone(self.pid) from error

    def _expect(self, field: str) -> Any:
        reply = self._receive(_PATIENCE_S)
        if reply is None or field not in reply:
            raise _gone(0)
        return reply[field]

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        while b"\n" not in self._buffer:
            if not select.select([self._channel], [], [], timeout_s)[0]:
                return None
            data = self._channel.recv(1 << 12)
            if not data:
                raise _gone(self.pid)
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _gone(pid: int) -> ExecutorError:
    return ExecutorError(f"the process {pid} that supervises the run was killed by something: run it again")
