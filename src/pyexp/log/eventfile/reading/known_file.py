"""The file that was listed, opened anew for each question. Owns that another one in its place is not taken for it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from pyexp._files import open_regular

if TYPE_CHECKING:
    from pathlib import Path


class ReplacedError(OSError):
    """Another file is where the listed one was: what is known of places holds no more."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One file by its name, and by which file it is.

    Attributes:
        path: Its name.
        identity: Which file was listed, see `identity_of`; None before any was.
    """

    path: Path
    identity: tuple[int, int] | None

    def open(self) -> IO[bytes]:
        """Open the file that was listed.

        Raises:
            ReplacedError: It is not there any more, but another one.
            OSError: None is there.
        """
        file = open_regular(self.path, follow_links=True, buffering=0)
        if identity_of(os.fstat(file.fileno())) != self.identity:
            file.close()
            raise ReplacedError(errno.ESTALE, "another file took its place", str(self.path))
        return file


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """Return device and number of the file that this is the status of."""
    return status.st_dev, status.st_ino
