"""Where the open file of a log lies now: people rename and remove folders that are being written. Owns that look-up."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path


def locate(descriptor: int, path: Path) -> Path:
    """Return where the open file *descriptor* is: *path*, or its place in the folder that was renamed meanwhile.

    Raises:
        FileNotFoundError: No file of that name is the open one any more: what is written to it cannot be read.
    """
    if is_at(descriptor, path):
        return path
    moved = _path_of(descriptor)
    if moved is not None and moved.name == path.name and is_at(descriptor, moved):
        return moved
    raise FileNotFoundError(
        errno.ENOENT,
        "removed or replaced while it was being logged to; make its folder again, or log to another one",
        str(path),
    )


def create(path: Path, flags: int) -> int:
    """Make a file that was removed once more, and open it; its folder has to be there.

    Raises:
        OSError: There is no such folder, or the file of another log in it.
    """
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise FileExistsError(
            errno.EEXIST, "another log took the place of the one that was removed; log to another folder", str(path)
        ) from None


def is_plain(path: Path) -> bool:
    """Return whether the file at *path* is a regular one with this name alone: no link leads to or from it."""
    status = os.lstat(path)
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether the file at *path* is the open one."""
    try:
        there = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # that it cannot be looked at does not mean that it is gone
        return True
    return os.path.samestat(there, os.fstat(descriptor))


if sys.platform == "darwin":
    import fcntl

    def _path_of(descriptor: int) -> Path | None:
        with suppress(OSError):
            return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
        return None

else:

    def _path_of(descriptor: int) -> Path | None:
        with suppress(OSError):  # no such links on this system
            return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        return None
