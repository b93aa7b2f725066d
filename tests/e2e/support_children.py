"""Processes of this test, as the kernel lists them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from e2e.support_project import WAIT_S


def children() -> set[int]:
    """Living children of this process."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):
            found.update(map(int, (thread / "children").read_text().split()))
    return {pid for pid in found if is_alive(pid)}


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_read(path: Path) -> str:
    """Content of *path*, once it has some."""
    deadline = time.monotonic() + WAIT_S
    while not (os.path.exists(path) and (text := path.read_text())):
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)
    return text
