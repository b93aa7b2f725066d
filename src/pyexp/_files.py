"""Whole files or none: atomic replacement, and folders that nobody else made. Knows nothing of what is in them."""

from __future__ import annotations

import itertools
import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_serial = itertools.count()


@contextmanager
def open_atomic(path: Path | str, *, durable: bool = False, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Open a temporary neighbour of *path* for writing; on leaving the block it takes the place of *path*.

    A reader sees the old file or the new one, never half of either. When the block raises, *path* is untouched and
    the neighbour is gone.

    Args:
        path: The file to replace or create; its folder exists.
        durable: Have the content on the disk before the name is there (fsync): a power cut leaves the old file or the
            new one, whole.
        mode: Permission bits of a new file, before the umask.

    Raises:
        OSError: The folder is missing or not writable, or the disk is full.
    """
    target = os.fspath(path)
    folder, name = os.path.split(target)
    # The serial keeps two threads apart, the pid two processes; the name stays short enough for any target.
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{next(_serial)}.tmp")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, mode)
    try:
        with open(descriptor, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_atomic(path: Path | str, data: bytes, *, durable: bool = False, mode: int = 0o666) -> None:
    """Replace *path* by a file that holds *data*; see `open_atomic`."""
    with open_atomic(path, durable=durable, mode=mode) as file:
        file.write(data)


def sync_folder(folder: Path | str) -> None:
    """Wait until the names in *folder* are on the disk; does nothing where a folder cannot be opened (Windows)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
