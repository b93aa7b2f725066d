"""Keeping other processes away from a log while it is changed. Owns that logging continues without locks."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyexp._locks import NoLocksError, lock, unlock
from pyexp.log.folder.whereabouts import is_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRIES = 100


@contextmanager
def locked(descriptor: int, patience_s: float | None = None) -> Iterator[bool]:
    """Keep other processes that log to the same file out; gives whether it does, for some file systems have no locks.

    Raises:
        TimeoutError: Another process has kept the file for *patience_s*; without it, waits for as long as that takes.
    """
    is_locked = _lock(descriptor, patience_s)
    try:
        yield is_locked
    finally:
        if is_locked:
            unlock(descriptor)


@contextmanager
def open_locked(path: Path, flags: int, *, stays_open: bool = False) -> Iterator[int]:
    """Open a file, and keep others out as `locked` does.

    A file that was replaced while this waited for the lock is let go, and the one in its place is opened.

    Args:
        path: The file.
        flags: As for `os.open`.
        stays_open: Close the file only when the block raises.

    Raises:
        OSError: It cannot be opened.
    """
    for left in range(_TRIES, 0, -1):  # bounded: some file systems report another number of a file each time
        descriptor, is_kept = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666), False
        try:
            with locked(descriptor):
                if is_at(descriptor, path) or left == 1:
                    yield descriptor
                    is_kept = stays_open
                    return
        finally:
            if not is_kept:
                os.close(descriptor)


def _lock(descriptor: int, patience_s: float | None) -> bool:
    if sys.platform == "win32":  # a locked region cannot be read by others, and the file grows into any
        return False
    try:
        lock(descriptor, patience_s)
    except NoLocksError:
        return False
    return True
