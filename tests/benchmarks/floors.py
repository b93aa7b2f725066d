"""The least code that does the same work: what pyexp's own figures are divided by."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_serial = count()


def three_files(folder: Path) -> None:
    """A folder and three files, each written beside its place and renamed, one of them fsynced."""
    folder.mkdir()
    for name, data, is_durable in (
        ("config.json", b'{"i": 1}', False),
        ("status.json", b'{"status": "passed"}', False),
        ("result.pkl", pickle.dumps(1), True),
    ):
        temporary = folder / f".{name}.tmp"
        with open(temporary, "wb") as file:
            file.write(data)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, folder / name)


def fork_and_files(folder: Path) -> None:
    """Fork, write the three files in the child, and wait for it."""
    target = folder / str(next(_serial))
    pid = os.fork()
    if pid == 0:
        try:
            three_files(target)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def end_sleepers(count: int) -> float:
    """Seconds to end *count* forked processes and to wait for them."""
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        pids.append(pid)
    start = time.perf_counter()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    for pid in pids:
        os.waitpid(pid, 0)
    return time.perf_counter() - start


def import_cloudpickle() -> None:
    """A fresh interpreter that imports cloudpickle and ends."""
    subprocess.run([sys.executable, "-c", "import cloudpickle"], check=True)


def bare_interpreter() -> None:
    """A fresh interpreter that ends."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)
