"""The copy of a folder on another machine.

Trusts no message: what would leave the folder, or pass through a link, is refused.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from pyexp._files import sync_file, sync_folder
from pyexp.errors import OutputError
from pyexp.executors.remote.messages import Folder, Message, Piece, Placed, Removed

if TYPE_CHECKING:
    from pathlib import Path

_CREATE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Receiver:
    """The folder *root*, written as the messages say."""

    def __init__(self, root: Path, *, leave_alone: frozenset[str] = frozenset()) -> None:
        """Receive into *root*.

        Args:
            root: The folder; it exists.
            leave_alone: Files in it that no message may touch.
        """
        self._root = root
        self._leave_alone = leave_alone
        self._bases: dict[str, int] = {}
        self._staged: set[Path] = set()

    def append_to(self, path: str) -> None:
        """Append what arrives for *path* to its present content."""
        self._bases[path] = (self._root / path).stat().st_size

    def receive(self, message: Message) -> None:
        """Do what *message* says.

        Raises:
            OutputError: It names something outside of the folder, behind a link, or not the sender's to write.
            OSError: The disk is full, or the folder is gone.
        """
        if isinstance(message, Piece) and message.is_staged:
            self._write(self._staging(self._resolve(message.path, is_result=True)), message.offset, message.data)
        elif isinstance(message, Piece):
            offset = self._bases.get(message.path, 0) + message.offset
            self._write(self._resolve(message.path), offset, message.data)
        elif isinstance(message, Placed):
            self._place(self._resolve(message.path))
        elif isinstance(message, Folder):
            self._resolve(f"{message.path}/_")
        elif isinstance(message, Removed):
            with suppress(FileNotFoundError):
                os.unlink(self._resolve(message.path))

    def staged(self, path: str) -> Path:
        """Return the path at which the pieces of *path* wait."""
        return self._staging(self._resolve(path, is_result=True))

    def place_durably(self, path: str) -> None:
        """Put the staged *path* in its place, and wait until it is on the disk."""
        target = self._resolve(path, is_result=True)
        staging = self._staging(target)
        # Windows flushes only what is open for writing.
        with open(staging, "r+b") as file:
            sync_file(file.fileno())
        self._place(target)
        sync_folder(target.parent)

    def drop_staged(self) -> None:
        """Remove what was not placed."""
        for staging in self._staged:
            with suppress(OSError):
                os.unlink(staging)
        self._staged.clear()

    def _staging(self, target: Path) -> Path:
        staging = target.with_name(f".{target.name[:200]}.incoming")
        self._staged.add(staging)
        return staging

    def _place(self, target: Path) -> None:
        staging = self._staging(target)
        os.replace(staging, target)
        self._staged.discard(staging)

    def _write(self, target: Path, offset: int, data: bytes) -> None:
        """Make *data* the content of *target* from *offset* on."""
        with open(os.open(target, _CREATE, 0o666), "wb", buffering=0) as file:
            file.truncate(offset)
            file.seek(offset)
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]

    def _resolve(self, path: str, *, is_result: bool = False) -> Path:
        """Return the file at *path*, after making the folders on the way."""
        parts = path.split("/")
        if not path or any(part in ("", ".", "..") or _is_odd(part) for part in parts):
            raise OutputError(f"a node sent the file {path!r}, which may lie outside of the run's folder: not written")
        if not is_result and path.casefold() in self._leave_alone:
            raise OutputError(f"a node sent the file {path!r}, which is not the run's to write: not written")
        folder = self._root
        _require_folder(folder, path)
        for part in parts[:-1]:
            folder = folder / part
            with suppress(FileExistsError):
                os.mkdir(folder)
            _require_folder(folder, path)
        return folder / parts[-1]


def _is_odd(part: str) -> bool:
    """Return whether *part* could mean anything but the name of a file, on any system."""
    try:
        os.fsencode(part)
    except UnicodeEncodeError:
        return True
    return "\\" in part or "\0" in part or (os.name == "nt" and (":" in part or part[-1] in ". "))


def _require_folder(folder: Path, path: str) -> None:
    status = os.lstat(folder)
    is_junction = getattr(status, "st_reparse_tag", 0) != 0
    if not stat.S_ISDIR(status.st_mode) or is_junction:
        raise OutputError(f"a node sent the file {path!r}, but {folder} is a link or a file: not written")
