"""Keeping other processes away from a log while it is changed. Owns that logging continues without locks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyexp._locks import NoLocksError, lock, unlock

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def _lock(descriptor: int, patience_s: float | None) -> bool:
    if sys.platform == "win32":  # a locked region cannot be read by others, and the file grows into any
        return False
    try:
        lock(descriptor, patience_s)
    except NoLocksError:
        return False
    return True
