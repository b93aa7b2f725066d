"""Finds living processes by a mark in their environment or command line. A zombie does not live."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def marked(mark: str) -> dict[int, str]:
    """Pid and command line of every living process that bears *mark*."""
    wanted = mark.encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if is_alive(int(entry.name)) and (wanted in command or wanted in (entry / "environ").read_bytes()):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def is_alive(pid: int) -> bool:
    """Whether the process *pid* exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def children() -> set[int]:
    """Pids of this process's children (Linux), also of those that wait to be reaped."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # the thread ended
            found.update(map(int, (thread / "children").read_text().split()))
    return found


def kill_all(pids: dict[int, str]) -> None:
    """SIGKILL to each of *pids*, those of a failed test."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def resident_bytes(pid: int | str = "self", *, peak: bool = False) -> int:
    """Memory that the process *pid* has in use, or had at its *peak*."""
    key = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)
