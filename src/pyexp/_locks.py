"""File locks between processes; a lock is released when its process dies. Owns which errors mean that there are none.

Knows nothing of what is locked or why.
"""

from __future__ import annotations

import os
import sys
import time

_POLL_S = 0.005


class NoLocksError(OSError):
    """The file cannot be locked by any process: the file system has no locks, or its lock server is unreachable."""


def lock(descriptor: int, patience_s: float | None = None) -> None:
    """Wait until this process holds the lock on a file.

    Raises:
        TimeoutError: Another process has kept it for *patience_s*; without it, waits for as long as that takes.
        NoLocksError: It cannot be locked.
    """
    if patience_s is None:
        _wait_for_lock(descriptor)
        return
    end = time.monotonic() + patience_s
    while not try_lock(descriptor):
        if time.monotonic() >= end:
            raise TimeoutError(f"another process has kept the file locked for {patience_s:g} s")
        time.sleep(_POLL_S)


if sys.platform == "win32":
    import msvcrt

    # Far behind the content, since a locked region of Windows cannot be read by others.
    _LOCK_OFFSET = 1 << 20

    def try_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Lock a file and return True, or return False while another process holds it; *shared* only looks."""
        os.lseek(descriptor, _LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        if shared:
            unlock(descriptor)
        return True

    def unlock(descriptor: int) -> None:
        """Free a file that this process has locked."""
        os.lseek(descriptor, _LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _wait_for_lock(descriptor: int) -> None:
        while not try_lock(descriptor):
            time.sleep(_POLL_S)

else:
    import fcntl

    def try_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Lock a file and return True, or return False while another process holds it; any may hold *shared* locks.

        Raises:
            NoLocksError: It cannot be locked.
        """
        try:
            _flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Free a file that this process has locked."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _wait_for_lock(descriptor: int) -> None:
        _flock(descriptor, fcntl.LOCK_EX)

    def _flock(descriptor: int, operation: int) -> None:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            raise
        except OSError as error:  # ENOLCK, ENOSYS and EOPNOTSUPP; NFS has EBADF and EIO for what it cannot lock, too
            raise NoLocksError(error.errno, f"it cannot be locked: {error.strerror}") from error
