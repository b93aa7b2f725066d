"""The event file on disk: appending records, merging small blocks, reading bytes back.

Owns the file descriptor, the numbers of records, and the index at the end. Knows what records mean only as far as these
ask.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pyexp._files import remove_leftovers, write_whole
from pyexp.errors import LogError
from pyexp.log.eventfile import codec, framing, merging, rewriting, scalar_blocks
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile import repair as repairs
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.folder.locks import locked, open_locked
from pyexp.log.folder.presence import Presence
from pyexp.log.folder.whereabouts import create, is_plain, locate
from pyexp.log.values.file_layout import require_format
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pyexp.log.values.events import Item, Points

WRITER = f"pyexp {sys.modules['pyexp'].__version__}"  # loaded before us, and not ours to import
RECORDS_PER_INDEX = 8192
_CLOSING_PATIENCE_S = 0.5  # with another process that keeps the file: closing only makes it faster to read
_JOIN_BELOW_BYTES = 1 << 20
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class EventFile:
    """Appends to one ``events.pb``. Several processes may append to the same file, each through its own object."""

    def __init__(self, path: Path, *, is_new_attempt: bool = True) -> None:
        """Open or create the file; a new attempt first cuts off what an earlier writer left torn.

        Raises:
            OSError: The folder is missing or not writable, or the disk is full.
            LogError: There is a file of that name that is not an event file.
        """
        self.path = path
        self._presence: Presence | None = None
        self._is_lost = False
        self._unindexed = 0
        self._indexed_end = self._index_at = 0
        self._seen = Tail()  # of the file, by all who write to it
        self._merged_end = self._small = 0  # up to where blocks are merged, and how many small ones we wrote since,
        self._small_bytes = 0  # and how large these are
        with open_locked(path, _FLAGS | (os.O_CREAT if is_new_attempt else 0), stays_open=True) as self._descriptor:
            self._begin(is_new_attempt=is_new_attempt)

    def reopened(self) -> EventFile:
        """Return an object for a forked child, which continues the attempt."""
        require_format(self.path.parent, use_protobuf=True)
        own = EventFile(self.path, is_new_attempt=False)
        if own._holds(self._seen):  # else the file was written anew, and is looked at from its begin
            own._indexed_end, own._index_at = self._indexed_end, self._index_at
            own._seen = Tail(self._seen.offset, self._seen.log, self._seen.number)
            own._merged_end = own._seen.offset
        return own

    def _holds(self, seen: Tail) -> bool:
        """Return whether the last record that another object knows of is in this file."""
        with repairs.reading(self._descriptor) as file:
            ending = read_at(file, max(seen.offset - framing.ENDING_BYTES, 0), framing.ENDING_BYTES)
        return framing.parse_stamp(ending) == (seen.number, seen.log)

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode points and objects and return what appends all of them or, when it raises `OSError`, none."""
        records = list(scalar_blocks.encode_all(scalars))
        records += [codec.encode_object(item, iteration) for item, iteration in items]
        return lambda: self._append_whole(records)

    def close(self) -> None:
        """Append the index by which a reader finds everything at once, make the file small, and close it."""
        try:
            with locked(self._descriptor, _CLOSING_PATIENCE_S) as is_locked:
                self._follow(is_locked=is_locked)
                self._merge()
                self._append_index()
                self._append([(codec.encode_end(self._index_at), [])], are_stamped=False)
                if is_locked:
                    self._make_small()
        except (OSError, ValueError, LogError):
            pass  # everything that was logged is in the file; without an index it is only listed more slowly
        finally:
            self.release()

    def _make_small(self) -> None:
        """Replace the file by one that says the same in less, if that is worth it and nothing else writes to it."""
        if os.fstat(self._descriptor).st_size < rewriting.LEAST_SAVED_BYTES:
            return
        self.path = locate(self._descriptor, self.path)
        if is_plain(self.path) and self._presence is not None and self._presence.is_alone(self.path.parent):
            rewriting.rewrite(self.path, self._descriptor)

    def release(self) -> None:
        """Close the descriptor and nothing else; a child opens the file where it is now."""
        with suppress(OSError):
            self.path = locate(self._descriptor, self.path)
        self._close()

    def _close(self) -> None:
        os.close(self._descriptor)
        if self._presence is not None:
            self._presence.leave()

    def _append_whole(self, records: Sequence[tuple[bytes, list[bytes]]]) -> None:
        self._find()
        with locked(self._descriptor) as is_locked:
            if self._presence is None:
                self._begin()
            self._follow(is_locked=is_locked)
            blocks = [(head, _size(head, data)) for head, data in records if _holds_scalars(head)]
            small = [merging.is_small(*block) for block in blocks]
            if not all(small):
                self._tidy_up()
            self._append(records)
            self._small += sum(small)
            self._small_bytes += sum(size for (_, size), is_small in zip(blocks, small, strict=True) if is_small)
            if self._has_much() or self._unindexed >= RECORDS_PER_INDEX:
                self._tidy_up(with_index=True)

    def _tidy_up(self, *, with_index: bool = False) -> None:
        """Merge small blocks and, if wanted, list what there is; without either, readers take longer, and no more."""
        with suppress(OSError, ValueError):  # the disk is full, or a later version wrote something else
            self._merge()
            if with_index:
                self._append_index()
        if with_index:  # also after a failure: it is not tried again at each record
            self._unindexed = 0

    def _has_much(self) -> bool:
        """Return whether it is time to merge."""
        return self._small >= merging.BLOCKS_AT_ONCE or self._small_bytes >= merging.BYTES_AT_ONCE

    def _find(self) -> None:
        """Follow the folder to where it was renamed to; make a file that was removed again, but fail once before."""
        if self._is_lost:
            descriptor = create(self.path, _FLAGS)
            self._close()
            self._descriptor, self._presence, self._is_lost = descriptor, None, False
            self._unindexed = self._indexed_end = self._index_at = self._merged_end = self._small = (
                self._small_bytes
            ) = 0
            self._seen = Tail()
            return
        try:
            self.path = locate(self._descriptor, self.path)
        except FileNotFoundError:
            require_format(self.path.parent, use_protobuf=True)  # removed for a log of the other format
            self._is_lost = True
            raise

    def _begin(self, *, is_new_attempt: bool = True) -> None:
        presence = Presence(self.path.parent)
        try:
            if is_new_attempt:
                self._begin_attempt(joins=presence.has_company)
        except BaseException:
            presence.leave()
            raise
        self._presence = presence

    def _begin_attempt(self, *, joins: bool) -> None:
        self._seen = repairs.cut_torn_tail(self.path, self._descriptor)
        if self._seen.log is None:
            self._seen.log = int.from_bytes(os.urandom(4), "little")
        with repairs.reading(self._descriptor) as file:
            last = indexing.find_last(file, os.fstat(self._descriptor).st_size)
        if not joins and self._seen.offset:
            remove_leftovers(self.path.parent, of=self.path.name)
        if last is not None:
            self._indexed_end, self._index_at = last.end, last.offset
        self._append([(codec.encode_attempt(time.time(), WRITER, joins=joins), [])])
        self._merged_end = self._seen.offset

    def _follow(self, *, is_locked: bool) -> None:
        """Cut off what another process left torn behind the records that we know, if no process can be writing now."""
        if is_locked and os.fstat(self._descriptor).st_size > self._seen.offset:
            self._seen = repairs.cut_torn_tail(self.path, self._descriptor, self._seen)

    def _append(self, records: Sequence[tuple[bytes, list[bytes]]], *, are_stamped: bool = True) -> None:
        start = offset = os.fstat(self._descriptor).st_size
        number, log = self._seen.number, self._seen.log
        pieces: list[bytes] = []
        for head, data in records:
            size = sum(map(len, data))
            stamp = (framing.next_number(number), log) if are_stamped and log is not None else None
            number = stamp[0] if stamp else number
            sealed, ending = framing.seal(head, size, offset, stamp)
            pieces += (sealed, *data, ending)
            offset += len(sealed) + size + len(ending)
        try:
            _write_all(self._descriptor, pieces)
        except BaseException:
            with suppress(OSError):  # what stays torn is cut or skipped later
                os.ftruncate(self._descriptor, start)
            raise
        self._unindexed += len(records)
        self._seen.number, self._seen.offset = number, offset

    def _merge(self) -> None:
        """Append the small blocks since the last merged ones once more, as few long ones."""
        small, self._small, self._small_bytes = self._small, 0, 0
        if small >= merging.LEAST_BLOCKS:
            with repairs.reading(self._descriptor) as file:
                size = os.fstat(self._descriptor).st_size
                merged = merging.merge(file, self._merged_end, size, self._seen.log)
            if merged:
                self._append(merged)
        self._merged_end = self._seen.offset

    def _append_index(self) -> None:
        """Describe everything since the last index, by all writers."""
        at = os.fstat(self._descriptor).st_size
        with repairs.reading(self._descriptor) as file:
            index = indexing.build(file, at, self._indexed_end, self._index_at)
        self._append([(codec.encode_index(index), [])])
        self._index_at, self._indexed_end = at, self._seen.offset
        self._unindexed = 0


def remove_unused(path: Path) -> bool:
    """Remove the event file *path* if it holds no event; return whether it does not."""
    with open_locked(path, os.O_RDONLY) as descriptor, repairs.reading(descriptor) as file:
        if not repairs.is_unused(file):
            return False
        try:
            path.unlink()
        except OSError:  # some systems cannot remove a file that is open
            return False
    return True


def _holds_scalars(head: bytes) -> bool:
    return codec.head_kind(head) == codec.SCALARS


def _size(head: bytes, data: list[bytes]) -> int:
    """Return the bytes of a whole record."""
    return framing.HEADER_BYTES + len(head) + sum(map(len, data)) + framing.ENDING_BYTES


def _write_all(descriptor: int, pieces: list[bytes]) -> None:
    """Write small pieces together, so that one record seldom takes two writes, and big ones without a copy."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) < _JOIN_BELOW_BYTES:
            small.append(piece)
            continue
        write_whole(descriptor, b"".join(small))
        write_whole(descriptor, piece)
        small = []
    write_whole(descriptor, b"".join(small))
