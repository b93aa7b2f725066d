"""Whole files or none: atomic replacement, opening regular files only, and sizes. Knows nothing of their content."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_serial = itertools.count()
_NAME_CHARACTERS = 100  # of the target in the name of its temporary file
# The errors of a file system that cannot sync, and of one whose sync failed.
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_OF_THE_DISK = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})
# Non-blocking: a FIFO is opened without waiting for a writer, and then refused.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_regular(path: Path | str, *, follow_links: bool = False, buffering: int = -1) -> IO[bytes]:
    """Open a regular file for reading; a link, device, FIFO or folder is refused.

    Args:
        path: The file.
        follow_links: Also open a regular file that the last part of *path* links to.
        buffering: As for `open`.

    Raises:
        FileNotFoundError: There is no such file, or it is not a regular one.
        OSError: It is a link, or cannot be read.
    """
    descriptor = os.open(path, _READ | (0 if follow_links else _NO_LINK))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(errno.ENOENT, "not a regular file", os.fspath(path))
        if not (follow_links or _NO_LINK) and os.path.islink(path):  # Windows
            raise FileNotFoundError(errno.ENOENT, "a link", os.fspath(path))
    except BaseException:
        os.close(descriptor)
        raise
    return open(descriptor, "rb", buffering)


@contextmanager
def open_atomic(path: Path | str, *, durable: bool = False, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Open a temporary file next to *path* for writing; on leaving the block it replaces *path*.

    A reader sees the old file or the new one, never half of either. When the block raises, *path* is untouched and
    the temporary file is removed.

    Args:
        path: The file to replace or create; its folder exists.
        durable: Write the content to the disk before the name is changed (fsync): a power cut leaves the old file or
            the new one, whole.
        mode: Permission bits of a new file, before the umask.

    Raises:
        OSError: The folder is missing or not writable, or the disk is full.
    """
    with _replacing(os.fspath(path), mode) as descriptor, open(descriptor, "wb") as file:
        yield file
        if durable:
            file.flush()
            sync_file(descriptor)


def write_atomic(path: Path | str, data: bytes, *, durable: bool = False, mode: int = 0o666) -> None:
    """Replace *path* with a file that holds *data*; see `open_atomic`."""
    # Without a file object, which asks the system four things about itself first.
    with _replacing(os.fspath(path), mode) as descriptor:
        try:
            write_whole(descriptor, data)
            if durable:
                sync_file(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _replacing(target: str, mode: int) -> Iterator[int]:
    """Open a temporary file, which the block closes, and put it in the place of *target* afterwards."""
    folder, name = os.path.split(target)
    # The serial keeps two threads apart, the pid two processes; the name stays short enough for any target.
    temporary = os.path.join(folder, f".{name[:_NAME_CHARACTERS]}.{os.getpid()}.{next(_serial)}.tmp")
    descriptor = os.open(temporary, _NEW, mode)
    try:
        yield descriptor
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all of *data*, in as many calls as the system takes for it.

    Raises:
        OSError: The disk is full, or the file cannot be written; some of the data may be there.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_file(descriptor: int) -> None:
    """Wait until the content of a file is on the disk, if its file system supports that.

    Raises:
        OSError: The disk is full or fails.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def sync_folder(folder: Path | str) -> None:
    """Wait until the names in *folder* are on the disk, as far as its file system supports that.

    Windows does not open folders; FUSE and SMB may open one and refuse to sync it.

    Raises:
        OSError: The disk is full or fails.
    """
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that can be written but not listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            raise
    finally:
        os.close(descriptor)


def is_own_folder(path: Path) -> bool:
    """Return whether *path* is a folder, and not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def folder_size(folder: Path | str, known: Mapping[str, int] | None = None) -> int:
    """Return how many bytes the files below *folder* hold, links not followed.

    Args:
        folder: The folder; one that cannot be read holds nothing.
        known: Sizes of folders in it, by name, that need not be looked at.
    """
    total, known = 0, known or {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
                elif (size := known.get(entry.name)) is not None:
                    total += size
                else:
                    total += folder_size(entry.path)
    except OSError:  # removed meanwhile
        return total
    return total


def remove_leftovers(folder: Path | str, of: str | None = None) -> None:
    """Remove the temporary files in *folder* that killed writers left; only when no process writes there.

    Args:
        folder: Where to look.
        of: Name of the file that they were to replace; only these are removed, and no process may write that file.
    """
    with suppress(OSError):  # the folder is gone, or a file in it: there is nothing left then
        for name in os.listdir(folder):
            if _is_temporary(name) and (of is None or name.rsplit(".", 3)[0] == f".{of[:_NAME_CHARACTERS]}"):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))


def _is_temporary(name: str) -> bool:
    """Return whether *name* is one that `open_atomic` uses for a temporary file."""
    parts = name.rsplit(".", 3)
    return name.startswith(".") and len(parts) == 4 and parts[3] == "tmp" and "".join(parts[1:3]).isdecimal()  # noqa: PLR2004
