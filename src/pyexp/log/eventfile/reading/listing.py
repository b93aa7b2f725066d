"""What an event file holds, as far as it was looked at: attempts, blocks and objects, by their heads or by an index.

Owns the list of one file, which grows as the file does. Reads no contents.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import groupby
from typing import IO, TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log.eventfile import codec, scalar_blocks
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.reading.block_list import BlockList
from pyexp.log.eventfile.reading.heads import Heads
from pyexp.log.eventfile.reading.object_list import ObjectList
from pyexp.log.eventfile.reading.places import Places
from pyexp.log.eventfile.record_walk import Tail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.reading.known_file import KnownFile


class MovedError(Exception):
    """A record is not at its place: the file has to be listed by the numbers of its records."""


class Listing:
    """The list of one file.

    Attributes:
        tail: How far the file was looked at.
        heads: The heads of blocks, as far as they were read.
        blocks: The blocks of scalars.
        objects: The objects.
        attempts: When each attempt began.
        attempt_keys: Keys of these.
        unknown: Keys of records of a later version.
        damaged: Keys of records whose heads say nothing.
        is_indexed: Some of it was listed without looking at it.
        merges: How often blocks were replaced by merged ones.
        is_restored: A merged block may say what a damaged one said, since this was last set to False.
    """

    def __init__(self, file: KnownFile, *, uses_index: bool = True, are_by_number: bool = False) -> None:
        self._uses_index = uses_index
        self.tail = Tail(checks_stamps=are_by_number)
        self.places = Places(are_by_number=are_by_number)
        self.heads = Heads(self.places)
        self.blocks = BlockList()
        self.objects = ObjectList(file, self.places)
        self.attempts: list[float] = []
        self.attempt_keys: list[int] = []
        self.unknown: set[int] = set()
        self.damaged: set[int] = set()
        self.is_indexed = self.is_restored = False
        self.merges = 0
        self._path = file.path
        self._begin_of_last = self._last_tag_set = b""
        self._hiding: list[int] = []  # keys of the attempts that join none

    @property
    def end(self) -> int:
        """A key behind everything that is listed."""
        return self.places.end if self.places.are_by_number else self.tail.offset

    def attempt_of(self, key: int) -> int:
        """Return which attempt a record is of."""
        return bisect_right(self._hiding, key) - 1

    def is_hiding(self, tag: str) -> bool:
        """Return whether a later attempt may hide points of a tag."""
        keys = self.blocks.keys(tag)
        return bool(keys) and self.attempt_of(keys[0]) != self.attempt_of(keys[-1])

    def look(self, file: IO[bytes], size: int) -> set[bytes]:
        """List what is new, and return the sets of tags of which there are new points.

        Raises:
            MovedError: A record is not where it was written; this list is of no use any more.
            LogError: A newer version wrote the file.
        """
        touched: set[bytes] = set()
        if not self.tail.offset and self._uses_index and not self.places.are_by_number:
            self._load_index(file, size, touched)
        for key, frame in self._walk(file, size):
            self._take(key, frame, touched)
        self.places.log = self.tail.log
        return touched

    def _walk(self, file: IO[bytes], size: int) -> Iterator[tuple[int, Frame]]:
        if self.places.are_by_number:
            yield from self.places.by_number(file, size, self.tail)
            return
        for frame in self.tail.frames(file, size):
            if frame.is_moved:
                raise MovedError
            yield frame.offset, frame

    def _load_index(self, file: IO[bytes], size: int, touched: set[bytes]) -> None:
        chain, last = indexing.load_chain(file, size)
        if last is None:
            return
        self.is_indexed = True
        self.places.log = last.log
        for index in chain:
            for key in self._add_index(index, touched):
                frame = self.places.frame_of(file, size, key)
                if frame is None:
                    self.damaged.add(key)
                else:
                    self._take(key, frame, touched)
        self.tail = Tail(last.end, last.log, -1 if last.number is None else last.number)

    def _add_index(self, index: codec.Index, touched: set[bytes]) -> array[int]:
        """Add the blocks and objects of an index, and return the keys of what has to be looked at."""
        known: list[array[int]] = [array("Q") for _ in range(len(index.tag_sets) + 1)]
        end = 0
        for entry, same in groupby(index.entries):
            begin, end = end, end + len(list(same))
            keys = index.offsets[begin:end]
            if entry == codec.OBJECT_ENTRY:
                self.objects.keys.extend(keys)
            else:
                known[entry if entry < len(known) else 0].extend(keys)
        for tag_set, keys in zip(index.tag_sets, known[1:], strict=True):
            self.blocks.add(tag_set, keys)
        touched.update(index.tag_sets)
        return known[0]

    def _take(self, key: int, frame: Frame, touched: set[bytes]) -> None:
        try:
            kind = codec.head_kind(frame.head)
            if kind == codec.SCALARS:
                tag_set = self._tag_set_of(frame.head)
                self.blocks.add(tag_set, (key,))
                touched.add(tag_set)
            elif kind == codec.OBJECT:
                self.objects.keys.append(key)
            elif kind == codec.MERGED:
                self._take_merged(key, frame)
            elif kind == codec.ATTEMPT:
                self._take_attempt(key, codec.parse_attempt(frame.head))
            elif kind == codec.LOST:
                self.damaged.add(key)
            elif kind not in (codec.INDEX, codec.END):
                self.unknown.add(key)
        except WireError:
            self.damaged.add(key)

    def _tag_set_of(self, head: bytes) -> bytes:
        """Return the tags of a block, which are those of the one before as a rule."""
        if not head.startswith(self._begin_of_last) or not self._begin_of_last:
            self._last_tag_set = scalar_blocks.parse_tag_set(head)
            self._begin_of_last = head[: head.find(self._last_tag_set) + len(self._last_tag_set)]
        return self._last_tag_set

    def _take_merged(self, key: int, frame: Frame) -> None:
        head = self.heads.parse(key, frame)
        if head.span is None:
            return
        begin, end = self.places.span_of(head.span)
        if self.blocks.add_merged(head.block.tag_set, key, begin, end, (head.span.part, head.span.parts)):
            self.merges += 1
            self.is_restored |= any(begin <= at <= end for at in self.tail.damaged)

    def _take_attempt(self, key: int, attempt: codec.Attempt) -> None:
        if attempt.format > codec.FORMAT:
            raise LogError(
                f"{str(self._path)!r} was written in format {attempt.format} by a newer pyexp; this one reads "
                f"up to {codec.FORMAT}: upgrade pyexp"
            )
        self.attempts.append(attempt.time)
        self.attempt_keys.append(key)
        if not attempt.joins:
            self._hiding.append(key)
