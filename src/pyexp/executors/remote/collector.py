"""What changed in a folder, as messages for the side that keeps a copy. Reads only; follows no link."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

from pyexp._files import open_regular
from pyexp.executors.remote.messages import Folder, Message, Piece, Placed, Removed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyexp.store.layout import RunPaths

PIECE_BYTES: Final = 1 << 20
_TAIL_BYTES = 4096
# Files that grow line by line or record by record: they are sent while they are written. All others are sent whole.
_GROWING = (".out", ".log", ".pb", ".jsonl", ".txt", ".csv")


def own_files(paths: RunPaths) -> frozenset[str]:
    """Return the files of a run's folder that only the driver writes."""
    owned = (paths.config, paths.status, paths.result, paths.staged_result, paths.corrupt_result)
    return frozenset(path.name for path in owned)


@dataclass(slots=True)
class _Copy:
    """The part of a file that the other side has.

    Attributes:
        mark: Inode, size and time of the last change when it was sent.
        sent: Bytes sent so far of a growing file.
        tail: The last of them.
        digest: Of all of them.
    """

    mark: tuple[int, int, int] = (0, 0, 0)
    sent: int = -1
    tail: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)


class Collector:
    """The folder *root*, compared with what was sent of it."""

    def __init__(self, root: Path, *, leave_out: frozenset[str] = frozenset()) -> None:
        self._root = root
        self._leave_out = leave_out
        self._copies: dict[str, _Copy] = {}
        self._folders: set[str] = set()
        self._seen: dict[str, tuple[int, int, int]] = {}

    def take_stock(self) -> None:
        """Note that the other side has everything as it is now."""
        for _ in self.collect(is_last=True):
            pass

    def collect(self, *, is_last: bool = False) -> Iterator[Message]:
        """Yield what is new. A file that is still being written waits for the next call, unless this is the last."""
        found: set[str] = set()
        for path, entry in self._walk():
            if entry is None:
                if path not in self._folders:
                    self._folders.add(path)
                    yield Folder(path=path)
                continue
            found.add(path)
            mark = (entry.st_ino, entry.st_size, entry.st_mtime_ns)
            with suppress(FileNotFoundError):
                if path.endswith(_GROWING):
                    yield from self._growing(path, mark, is_last=is_last)
                else:
                    yield from self._whole(path, mark, is_last=is_last)
        for path in self._copies.keys() - found:
            del self._copies[path]
            yield Removed(path=path)

    def staged(self, path: str) -> Iterator[Message]:
        """Yield the file *path* in pieces, for the other side to place."""
        with open_regular(self._root / path) as file:
            yield from _pieces(file, path, 0, is_staged=True)

    def _walk(self) -> Iterator[tuple[str, os.stat_result | None]]:
        """Yield the files with their status, folders with None; by their paths below the root, with slashes."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(self._root / folder), key=lambda entry: entry.name)
            except OSError:
                continue  # removed meanwhile
            for entry in entries:
                path = f"{folder}{entry.name}"
                if path in self._leave_out or (entry.name.startswith(".") and entry.name.endswith(".tmp")):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(f"{path}/")
                        yield path, None
                    elif stat.S_ISREG(status.st_mode):
                        yield path, status

    def _growing(self, path: str, mark: tuple[int, int, int], *, is_last: bool) -> Iterator[Message]:
        copy = self._copies.setdefault(path, _Copy())
        if copy.mark == mark and not is_last:
            return
        with open_regular(self._root / path) as file:
            if copy.mark[0] != mark[0] or not _continues(file, copy, is_last=is_last):
                copy.sent, copy.tail, copy.digest = 0, b"", hashlib.sha256()
                yield Piece(path=path, offset=0, data=b"")
            for piece in _pieces(file, path, copy.sent):
                copy.digest.update(piece.data)
                copy.tail = (copy.tail + piece.data)[-_TAIL_BYTES:]
                copy.sent += len(piece.data)
                yield piece
        copy.mark = mark

    def _whole(self, path: str, mark: tuple[int, int, int], *, is_last: bool) -> Iterator[Message]:
        copy = self._copies.get(path)
        if copy is not None and copy.mark == mark:
            return
        if not is_last and self._seen.get(path) != mark:
            self._seen[path] = mark
            return
        with open_regular(self._root / path) as file:
            yield from _pieces(file, path, 0, is_staged=True)
            now = os.fstat(file.fileno())
        if is_last or (now.st_ino, now.st_size, now.st_mtime_ns) == mark:
            self._copies[path] = _Copy(mark=mark)
            yield Placed(path=path)


def _continues(file: IO[bytes], copy: _Copy, *, is_last: bool) -> bool:
    """Return whether *file* still begins with what was sent of it."""
    if copy.sent < 0 or os.fstat(file.fileno()).st_size < copy.sent:
        return False
    if is_last:
        return bool(_digest(file, copy.sent) == copy.digest.digest())
    file.seek(copy.sent - len(copy.tail))
    return file.read(len(copy.tail)) == copy.tail


def _digest(file: IO[bytes], size: int) -> bytes:
    found = hashlib.sha256()
    file.seek(0)
    while size and (data := file.read(min(size, PIECE_BYTES))):
        found.update(data)
        size -= len(data)
    return found.digest()


def _pieces(file: IO[bytes], path: str, offset: int, *, is_staged: bool = False) -> Iterator[Piece]:
    file.seek(offset)
    if is_staged:
        yield Piece(path=path, offset=0, data=b"", is_staged=True)
    while data := file.read(PIECE_BYTES):
        yield Piece(path=path, offset=offset, data=data, is_staged=is_staged)
        offset += len(data)
