"""Keeping other processes away from a file while it is changed. Owns the lock, where the system has one."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_S = 0.005


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
            _unlock(descriptor)


if sys.platform == "win32":

    def _lock(_descriptor: int, _patience_s: float | None) -> bool:
        return False

    def _unlock(descriptor: int) -> None:
        pass

else:
    import fcntl

    def _lock(descriptor: int, patience_s: float | None) -> bool:
        end = None if patience_s is None else time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if end is None else fcntl.LOCK_NB))
            except BlockingIOError:
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(f"another process has kept the log for {patience_s:g} s") from None
                time.sleep(_POLL_S)
            except OSError:
                return False
            else:
                return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
