"""The guard's own process. Started as a script; imports nothing of the library, and next to nothing else.

Standard input is the pipe on which the parent names process groups, and says when it forks; its end is the parent's.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

assert sys.platform != "win32"

_FILES = "files"
_REAPING_S = 0.3


def main(mark: str, patience_s: float, *, looks_into_files: bool) -> None:
    """Run the guard from its start to its exit."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    groups: set[int] = set()
    reapers: set[int] = set()
    fork = _Fork(parent, patience_s)
    buffer = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.25)
        if ready:
            chunk = os.read(0, 65536)
            if not chunk:
                break
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                match line[:1]:
                    case b"+":
                        groups.add(int(line[1:]))
                    case b"*":
                        reapers.add(int(line[1:]))
                    case b"-":
                        groups.discard(int(line[1:]))
                        reapers.discard(int(line[1:]))
                    case _:
                        fork.take(line)
        elif os.getppid() != parent:
            break  # something inherited the pipe and holds it open, but the parent is gone
        fork.check()
    _kill(groups)
    _wait_for(reapers)
    _kill(reapers)
    _end_marked(mark, looks_into_files=looks_into_files)


class _Fork:
    """The fork that the parent is in, if any."""

    def __init__(self, parent: int, patience_s: float) -> None:
        self._parent = parent
        self._patience_s = patience_s
        self._deadline = float("inf")
        self._log = b""

    def take(self, line: bytes) -> None:
        """Note what the parent says: it forks, for the run with this log; it has forked."""
        begins = line[:1] == b"?"
        self._deadline = time.monotonic() + self._patience_s if begins else float("inf")
        self._log = bytes.fromhex(line[1:].decode()) if begins else b""

    def check(self) -> None:
        """Kill a parent that has been in one fork for too long, and say so where a person looks."""
        if time.monotonic() < self._deadline:
            return
        sentence = (
            f"pyexp: os.fork() has not returned for {self._patience_s:g} s, so this process was ended: a library that "
            f"it has used, or a thread in one, does not allow forks; use the executor 'forkserver' and --continue\n"
        )
        for place in (self._log, f"/proc/{self._parent}/fd/2".encode()):
            with suppress(OSError):
                descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK)
                os.write(descriptor, sentence.encode())
        os.kill(self._parent, signal.SIGKILL)
        self._deadline = float("inf")


def _kill(groups: set[int]) -> None:
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _wait_for(processes: set[int]) -> None:
    """Wait until *processes* have ended, for a moment that is not noticed."""
    deadline = time.monotonic() + _REAPING_S
    while time.monotonic() < deadline and any(map(_exists, processes)):
        time.sleep(0.01)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _end_marked(mark: str, *, looks_into_files: bool) -> None:
    # A process between fork and exec does not show its mark yet: look until two looks in a row find nothing.
    quiet = 0
    while quiet < 2:  # noqa: PLR2004
        found = _marked(mark, looks_into_files=looks_into_files)
        quiet = 0 if found else quiet + 1
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _marked(mark: str, *, looks_into_files: bool) -> set[int]:
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return set()
    return {pid for pid in pids if _has_marked_environment(pid, mark) or (looks_into_files and _holds_mark(pid, mark))}


def _has_marked_environment(pid: int, mark: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark.encode() in file.read().split(b"\0")
    except OSError:
        return False


def _holds_mark(pid: int, mark: str) -> bool:
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                if mark in os.readlink(f"/proc/{pid}/fd/{descriptor}"):
                    return True
    except OSError:
        pass
    return False


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), looks_into_files=_FILES in sys.argv)
