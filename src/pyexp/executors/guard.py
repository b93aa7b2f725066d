"""The process that outlives a killed parent just long enough to end its runs.

One per batch: it holds the read end of a pipe, on which the parent names the process groups it starts. When the parent
is gone, however it went, the guard kills those groups and whatever else bears the parent's mark.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

MARK_VARIABLE: Final = "PYEXP_PARENT"
_GONE_S = 2.0


class Guard:
    """The parent's side: start the guard, name the groups, let it go."""

    def __init__(self) -> None:
        self.mark = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        if sys.platform != "win32":
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, f"{MARK_VARIABLE}={self.mark}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def environment(self) -> dict[str, str]:
        """What marks a run's processes as ours."""
        return {MARK_VARIABLE: self.mark}

    def watch(self, group: int) -> None:
        """Have the process group *group* killed when this process dies."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The process group *group* has ended."""
        self._tell(f"-{group}\n")

    def fileno(self) -> int | None:
        """Descriptor of the pipe; a forked child closes its copy, or the guard would wait for the child too."""
        process = self._process
        return process.stdin.fileno() if process is not None and process.stdin is not None else None

    def close(self) -> None:
        """Let the guard end what is left, and wait until it has."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_GONE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _tell(self, line: str) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        # A killed guard is no reason to fail the run: the parent-death signal still ends the run's own process.
        with self._lock, suppress(OSError):
            os.write(process.stdin.fileno(), line.encode())


def main(mark: str) -> None:
    """The guard's whole life."""
    import select
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    groups: set[int] = set()
    buffer = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.25)
        if ready:
            chunk = os.read(0, 65536)
            if not chunk:
                break
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
        elif os.getppid() != parent:
            break  # something inherited the pipe and holds it open, but the parent is gone
    _end(groups, mark)


def _end(groups: set[int], mark: str) -> None:
    import signal
    import time

    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    # A process between fork and exec does not show its mark yet: look until two looks in a row find nothing.
    quiet = 0
    while quiet < 2:  # noqa: PLR2004
        found = _marked(mark)
        quiet = 0 if found else quiet + 1
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _marked(mark: str) -> set[int]:
    found: set[int] = set()
    wanted = mark.encode()
    try:
        names = os.listdir("/proc")
    except OSError:
        return found
    for name in names:
        if name.isdecimal():
            with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.add(int(name))
    return found


if __name__ == "__main__":
    main(sys.argv[1])
