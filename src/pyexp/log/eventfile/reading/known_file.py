"""The file that was listed, opened anew for each question. Owns that another one in its place is not taken for it."""

from __future__ import annotations

import errno
import os
from typing import IO, TYPE_CHECKING

from pyexp._files import open_regular
from pyexp.log.eventfile import framing
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from pathlib import Path

_ENDING_BYTES = framing.HEADER_BYTES * 4


class ReplacedError(OSError):
    """Another file is where the listed one was: what is known of places holds no more."""


class KnownFile:
    """One file by its name, by which file it is, and by its last bytes that were listed.

    Attributes:
        path: Its name.
    """

    def __init__(self, path: Path, identity: tuple[int, int] | None) -> None:
        """Know the file *path* by `identity_of` it; by None, no file is it."""
        self.path = path
        self._identity = identity
        self._end = 0
        self._ending = b""

    def note(self, file: IO[bytes], end: int) -> None:
        """Remember how far the file was listed: it may only grow there."""
        size = min(end, _ENDING_BYTES)
        self._end, self._ending = end, read_at(file, end - size, size)

    def is_at(self, file: IO[bytes]) -> bool:
        """Return whether this open file is the one that was listed, grown at most.

        The number of a file that is gone may be given to another.
        """
        status = os.fstat(file.fileno())
        if self._identity != identity_of(status) or status.st_size < self._end:
            return False
        size = len(self._ending)
        return read_at(file, self._end - size, size) == self._ending

    def open(self) -> IO[bytes]:
        """Open the file that was listed.

        Raises:
            ReplacedError: It is not there any more, but another one.
            OSError: None is there.
        """
        file = open_regular(self.path, follow_links=True, buffering=0)
        if not self.is_at(file):
            file.close()
            raise ReplacedError(errno.ESTALE, "another file took its place", str(self.path))
        return file


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """Return device and number of the file that this is the status of."""
    return status.st_dev, status.st_ino
