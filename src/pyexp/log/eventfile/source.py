"""Reading ``events.pb``: which blocks hold which tags, and where the objects are. Contents are read when asked for.

Owns the state of one reader of one file. Keeps offsets, never values.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from contextlib import suppress
from heapq import merge
from typing import IO, TYPE_CHECKING

from pyexp._files import open_regular
from pyexp.errors import LogError
from pyexp.log.eventfile import codec, framing, scalar_blocks
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile.object_list import ObjectList
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.eventfile.repair import require_ours
from pyexp.log.eventfile.small_blocks import SmallBlocks
from pyexp.log.eventfile.starts import Starts
from pyexp.log.values.attempts import after, visible_entries, visible_points
from pyexp.log.values.events import Entry, Part, Points
from pyexp.log.values.parts import read_at, read_parts
from pyexp.log.values.source import Delta

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pyexp.log.eventfile.framing import Frame

_RECHECKED = 20  # damaged places looked at again when the file has changed


class EventSource:
    """The events of one file; see `pyexp.log.values.source.Source`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._forget()

    def _forget(self) -> None:
        self._tail = Tail()
        self._last_header = b""
        self._blocks: dict[bytes, array[int]] = {}  # offsets of the blocks with this set of tags
        self._sets_of: dict[str, list[bytes]] = {}  # sets that contain this tag
        self._lasts: dict[str, tuple[int, tuple[int, float]]] = {}  # offset of the last block, and its last point
        self._ladders: dict[str, array[int]] = {}  # of each block of a tag: points up to its end
        self._attempt_offsets: list[int] = []  # of those that join none
        self._attempts: list[float] = []
        self._objects = ObjectList(self._path)
        self._damaged: set[tuple[int, str]] = set()
        self._small = SmallBlocks(self._note_damage)
        self._changed_ns = 0

    @property
    def tags(self) -> Collection[str]:
        """The scalar tags."""
        return self._sets_of.keys()

    @property
    def attempts(self) -> Sequence[float]:
        """When each attempt began."""
        return self._attempts

    @property
    def damage(self) -> int:
        """Number of damaged records found so far."""
        return len(self._tail.damaged) + len(self._damaged) + len(self._objects.damaged)

    @property
    def problem(self) -> str | None:
        """Why the file is not an event log; None when it is, or may become one."""
        if self._tail.offset:
            return None
        try:
            with open_regular(self._path, follow_links=True, buffering=0) as file:
                require_ours(self._path, file, os.fstat(file.fileno()).st_size)
        except OSError:  # removed meanwhile
            return None
        except LogError as error:
            return str(error)
        return None

    def poll(self) -> Delta:
        """Look for what is new."""
        reset = False
        try:
            with open_regular(self._path, follow_links=True, buffering=0) as file:
                status = os.fstat(file.fileno())
                if not self._is_same(file, status):
                    reset = self._identity is not None
                    self._forget()
                self._identity = (status.st_dev, status.st_ino)
                self._changed_ns = status.st_mtime_ns
                if self._tail.offset == status.st_size:
                    return Delta(reset=reset)
                return self._look(file, status.st_size, reset=reset)
        except OSError:  # not there yet, or removed
            reset = self._identity is not None
            self._identity = None
            self._forget()
            return Delta(reset=reset)

    def count(self, tag: str) -> int:
        """Return the number of points of a tag, hidden ones included."""
        return self._count_before(tag, self._tail.offset)

    def points(self, tag: str, start: int) -> list[Points]:
        """Return the visible points of a tag from index *start* on, in pieces."""
        offsets = self._offsets(tag)
        try:
            with open_regular(self._path, follow_links=True, buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if self._is_hiding(offsets):
                    read = ((self._attempt_of(at), self._read(file, size, at, tag)) for at in offsets)
                    return after(visible_points(tag, read), start)
                if not start:
                    return self._read_all(file, size, tag, offsets)
                ladder = self._climb(file, tag, offsets)
                first = bisect_right(ladder, start)
                skip = start - (ladder[first - 1] if first else 0)
                return after([self._read(file, size, at, tag) for at in offsets[first:]], skip)
        except OSError:  # removed meanwhile: the next poll says so
            return []

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return the last point of a tag, reading one block: nothing later hides it."""
        lists = [self._blocks[tag_set] for tag_set in self._sets_of.get(tag, ())]
        newest_first = merge(*map(reversed, lists), reverse=True)
        with suppress(OSError), open_regular(self._path, follow_links=True, buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            for offset in newest_first:
                if (known := self._lasts.get(tag)) and known[0] == offset:
                    return known[1]
                points = self._read(file, size, offset, tag)
                if len(points.values):
                    self._lasts[tag] = offset, (points.iterations[-1], points.values[-1])
                    return self._lasts[tag][1]
        return None

    def entries(self) -> list[Entry]:
        """Return the visible objects."""
        return visible_entries([(self._attempt_of(entry.id), entry) for entry in self._objects.entries()])

    def contents(self, parts: Sequence[Part]) -> list[bytes | None]:
        """Return the bytes of these parts; None for those that are damaged or gone."""
        found = read_parts(parts)
        self._damaged.update((part.offset, "") for part, data in zip(parts, found, strict=True) if data is None)
        return found

    def _is_same(self, file: IO[bytes], status: os.stat_result) -> bool:
        """Return whether this is the file that we know, grown at most."""
        if self._identity != (status.st_dev, status.st_ino) or status.st_size < self._tail.offset:
            return False
        at = self._tail.offset - len(self._last_header)
        if read_at(file, at, len(self._last_header)) != self._last_header:
            return False
        return status.st_mtime_ns == self._changed_ns or not self._is_healed(file, status.st_size)

    def _is_healed(self, file: IO[bytes], size: int) -> bool:
        """Return whether something that was damaged is whole now: then the file was being replaced while we read it."""
        if any(indexing.frame_at(file, offset, size) for offset in self._tail.damaged[-_RECHECKED:]):
            return True
        blocks = [(offset, tag) for offset, tag in self._damaged if tag][:_RECHECKED]
        return any(self._read_column(file, size, offset, tag) is not None for offset, tag in blocks)

    def _look(self, file: IO[bytes], size: int, *, reset: bool) -> Delta:
        begin, seen = self._tail.offset, len(self._objects.offsets)
        touched: set[bytes] = set()
        if not begin:
            self._load_index(file, size, touched)
        for frame in self._tail.frames(file, size):
            try:
                self._take(frame, touched)
            except WireError:
                self._damaged.add((frame.offset, ""))
        keep = min(self._tail.offset, framing.HEADER_BYTES * 4)
        self._last_header = read_at(file, self._tail.offset - keep, keep)
        new = self._objects.offsets[seen:]
        return Delta(
            reset=reset,
            starts=Starts(
                {tag for tag_set in touched for tag in codec.parse_tags(tag_set)},
                lambda tag: 0 if self._is_hiding(self._offsets(tag)) else self._count_before(tag, begin),
            ),
            entries=lambda: self._objects.entries_at(new),
            hides=bool(new) and self._attempt_of(new[-1]) > 0,
        )

    def _load_index(self, file: IO[bytes], size: int, touched: set[bytes]) -> None:
        chain = indexing.load_chain(file, size)
        if not chain:
            return
        for index in chain:
            known: list[array[int]] = [array("Q") for _ in range(len(index.tag_sets) + 1)]
            for offset, entry in zip(index.offsets, index.entries, strict=True):
                if entry == codec.OBJECT_ENTRY:
                    self._objects.offsets.append(offset)
                else:
                    known[entry if entry < len(known) else 0].append(offset)
            for tag_set, offsets in zip(index.tag_sets, known[1:], strict=True):
                self._blocks_of(tag_set).extend(offsets)
            touched.update(index.tag_sets)
            for offset in known[0]:
                frame = indexing.frame_at(file, offset, size)
                try:
                    if frame is None or not indexing.is_whole(file, frame):
                        raise WireError("a record that the index speaks of is damaged")
                    self._take(frame, touched)
                except WireError:
                    self._damaged.add((offset, ""))
        self._tail.offset = size

    def _take(self, frame: Frame, touched: set[bytes]) -> None:
        kind = codec.head_kind(frame.head)
        if kind == codec.SCALARS:
            tag_set = scalar_blocks.parse_tag_set(frame.head)
            self._blocks_of(tag_set).append(frame.offset)
            touched.add(tag_set)
        elif kind == codec.OBJECT:
            self._objects.offsets.append(frame.offset)
        elif kind == codec.ATTEMPT:
            attempt = codec.parse_attempt(frame.head)
            if attempt.format > codec.FORMAT:
                raise LogError(
                    f"{str(self._path)!r} was written in format {attempt.format} by a newer pyexp; this one reads "
                    f"up to {codec.FORMAT}: upgrade pyexp"
                )
            self._attempts.append(attempt.time)
            if not attempt.joins:
                self._attempt_offsets.append(frame.offset)
        elif kind == codec.LOST:
            self._damaged.add((frame.offset, ""))

    def _blocks_of(self, tag_set: bytes) -> array[int]:
        blocks = self._blocks.get(tag_set)
        if blocks is None:
            blocks = self._blocks[tag_set] = array("Q")
            for tag in codec.parse_tags(tag_set):
                self._sets_of.setdefault(tag, []).append(tag_set)
        return blocks

    def _offsets(self, tag: str) -> Sequence[int]:
        lists = [self._blocks[tag_set] for tag_set in self._sets_of.get(tag, ())]
        return lists[0] if len(lists) == 1 else list(merge(*lists))

    def _attempt_of(self, offset: int) -> int:
        return bisect_right(self._attempt_offsets, offset) - 1

    def _is_hiding(self, offsets: Sequence[int]) -> bool:
        return bool(offsets) and self._attempt_of(offsets[0]) != self._attempt_of(offsets[-1])

    def _read_all(self, file: IO[bytes], size: int, tag: str, offsets: Sequence[int]) -> list[Points]:
        """Read one tag of all its blocks."""
        tag_sets = self._sets_of.get(tag, [])
        pieces, blocks = self._small.read(file, size, tag_sets[0], offsets, tag) if len(tag_sets) == 1 else ([], 0)
        return pieces + [self._read(file, size, at, tag) for at in offsets[blocks:]]

    def _note_damage(self, offset: int, tag: str) -> None:
        self._damaged.add((offset, tag))
        self._ladders.pop(tag, None)

    def _read(self, file: IO[bytes], size: int, offset: int, tag: str) -> Points:
        """Read one tag of the block at *offset*; no points when it is damaged."""
        points = None if (offset, tag) in self._damaged else self._read_column(file, size, offset, tag)
        if points is None:
            self._note_damage(offset, tag)
            return Points(tag, array("q"), array("d"), array("d"))
        return points

    def _read_column(self, file: IO[bytes], size: int, offset: int, tag: str) -> Points | None:
        frame = indexing.frame_at(file, offset, size)
        try:
            if frame is None:
                return None
            block = scalar_blocks.parse(frame.head, frame.data_offset)
            column = codec.parse_tags(block.tag_set).index(tag)
            return scalar_blocks.read_column(block, column, lambda at, length: read_at(file, at, length))
        except (WireError, ValueError, OverflowError):
            return None

    def _count_before(self, tag: str, limit: int) -> int:
        """Return how many points of a tag lie before *limit* in the file."""
        offsets = self._offsets(tag)
        blocks = bisect_left(offsets, limit)
        with suppress(OSError), open_regular(self._path, follow_links=True, buffering=0) as file:
            return self._climb(file, tag, offsets)[blocks - 1] if blocks else 0
        return 0

    def _climb(self, file: IO[bytes], tag: str, offsets: Sequence[int]) -> array[int]:
        """Return how many points each block of a tag and those before it have, reading only heads not yet seen."""
        ladder = self._ladders.setdefault(tag, array("Q"))
        size = os.fstat(file.fileno()).st_size
        for offset in offsets[len(ladder) :]:
            count = 0
            frame = indexing.frame_at(file, offset, size) if (offset, tag) not in self._damaged else None
            if frame is not None:
                with suppress(WireError, ValueError, IndexError):  # replaced meanwhile: the next poll says so
                    block = scalar_blocks.parse(frame.head, frame.data_offset)
                    count = block.count(codec.parse_tags(block.tag_set).index(tag))
            ladder.append(count + (ladder[-1] if ladder else 0))
        return ladder
