"""The process that kills a run's whole tree when its owner is gone.

Started as a script; imports nothing of the library. It is double-forked, so that no process is its parent, and adopts
the orphans below it, so that no descendant escapes. Standard input is a socket to its owner: orders come in, exit
codes go out, and when either process exits, everything that was started here is killed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any

assert sys.platform != "win32"

_MOMENT_S = 0.05
_PATIENCE_S = 5.0
_PR_SET_CHILD_SUBREAPER = 36
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervision:
    """One process at a time, and its descendants."""

    def __init__(self, channel: socket.socket, owner: int) -> None:
        self._channel = channel
        self._buffer = b""
        self._fds: list[int] = []
        self._child = 0
        self._folder: str | None = None
        self._deadline: float | None = None
        self._wake, wakened = os.pipe()
        for end in (self._wake, wakened):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakened)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._sources: list[Any] = [channel, self._wake]
        if hasattr(os, "pidfd_open"):
            # A copy of the owner's end of the channel may live on in a fork of the owner.
            self._sources.append(os.pidfd_open(owner))

    def serve(self) -> None:
        """Follow orders until the owner is gone; then kill everything."""
        self._tell(ready=os.getpid())
        while True:
            timeout_s = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
            ready, _, _ = select.select(self._sources, [], [], timeout_s)
            if len(self._sources) > 2 and self._sources[2] in ready:  # noqa: PLR2004 — the owner, as above
                break
            if self._channel in ready and not self._follow():
                break
            if self._wake in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._deadline = None
                end_descendants()
            self._reap()
        end_descendants()
        self._clear()

    def _follow(self) -> bool:
        """Read orders and follow them; return False at the end of the channel."""
        try:
            data, fds, _, _ = socket.recv_fds(self._channel, 1 << 16, 8)
        except OSError:
            return False
        if not data:
            return False
        self._fds += fds
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "argv" in order:
                self._start(order)
            else:
                self._stop(order["grace_s"])
        return True

    def _start(self, order: dict[str, Any]) -> None:
        fds, self._fds = self._fds, []
        self._folder = order["folder"]
        pid = os.fork()
        if pid == 0:
            _become(order, fds)
        self._child = pid
        for fd in fds:
            os.close(fd)
        self._tell(pid=pid)

    def _stop(self, grace_s: float) -> None:
        if self._child == 0:
            return
        if grace_s > 0:
            self._deadline = time.monotonic() + grace_s
            for pid in descendants():
                with suppress(OSError):
                    os.kill(pid, signal.SIGTERM)
        else:
            end_descendants()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._child:
                self._settle(os.waitstatus_to_exitcode(status))

    def _settle(self, code: int) -> None:
        """Kill what the run's process left when it exited, and report its exit code."""
        if descendants() and self._deadline is None:
            # Helpers such as multiprocessing's resource tracker exit by themselves in a moment.
            time.sleep(_MOMENT_S)
        end_descendants()
        self._child, self._deadline, self._folder = 0, None, None
        self._tell(code=code)

    def _tell(self, **fields: int) -> None:
        with suppress(OSError):  # the owner is gone: the end of the channel follows
            self._channel.sendall(json.dumps(fields).encode() + b"\n")

    def _clear(self) -> None:
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)


def descendants() -> set[int]:
    """Return the living processes below this one."""
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                    new = {int(child) for child in file.read().split()} - found
                found |= new
                waiting += new
    return {pid for pid in found if _lives(pid)}


def end_descendants() -> None:
    """Kill every process below this one, also those that are started meanwhile."""
    deadline = time.monotonic() + _PATIENCE_S
    while (found := descendants()) and time.monotonic() < deadline:
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def _become(order: dict[str, Any], fds: list[int]) -> None:
    """Turn this fork into the ordered process."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (*_IGNORED, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        for target, fd in enumerate(fds):
            os.dup2(fd, target)
        os.closerange(3, 1 << 12)
        os.chdir(order["folder_of_work"])
        os.execve(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 — executing it is the purpose
    except BaseException as error:
        with suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(127)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> None:
    """Run the supervisor from its start to its exit."""
    channel = socket.socket(fileno=os.dup(0))
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    _adopt_orphans()
    Supervision(channel, int(sys.argv[1])).serve()


if __name__ == "__main__":
    main()
