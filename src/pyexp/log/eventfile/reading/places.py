"""Where the records of a log are in its file. Owns which records were moved, and the order in which they belong.

A record's key is its offset, as a rule. Where records stand in another order than they were written in, or twice, keys
follow the numbers of the records instead.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile.record_walk import whole_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.log.eventfile.codec import Span
    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.record_walk import Tail


class Places:
    """The places of one file's records.

    Attributes:
        log: Which log the file is, once a record said it.
        end: A key behind all records listed by number.
        are_by_number: Records were moved, and are listed by their numbers.
    """

    def __init__(self, *, are_by_number: bool = False) -> None:
        self.log: int | None = None
        self.end = 0
        self.are_by_number = are_by_number
        self._moved: dict[int, int] = {}  # where a record is whose key is not its offset
        self._numbers: list[int] = []
        self._keys: list[int] = []

    def is_foreign(self, frame: Frame) -> bool:
        """Return whether a record says that it belongs to another log."""
        return None not in {frame.log, self.log} and frame.log != self.log

    def offset_of(self, key: int) -> int:
        """Return where a record is."""
        return self._moved.get(key, key)

    def frame_of(self, file: IO[bytes], size: int, key: int) -> Frame | None:
        """Return a record, if it is undamaged and of this log."""
        log = None if self.are_by_number else self.log
        frame = whole_at(file, self.offset_of(key), size, log, may_be_moved=self.are_by_number)
        return None if frame is None or self.is_foreign(frame) else frame

    def span_of(self, span: Span) -> tuple[int, int]:
        """Return the keys between which a merged block replaces others."""
        if not self.are_by_number:
            return span.begin, span.end
        first, last = bisect_left(self._numbers, span.first), bisect_right(self._numbers, span.last)
        return (self._keys[first], self._keys[last - 1] + 1) if first < last else (self.end, self.end)

    def by_number(self, file: IO[bytes], size: int, tail: Tail) -> Iterator[tuple[int, Frame]]:
        """Walk the file; yield key and record in the order in which they were written, each once.

        What has no number belongs behind the record that stands before it.
        """
        found: dict[tuple[int, int], tuple[int, int]] = {}
        number = -1
        for frame in tail.frames(file, size):
            number = number if frame.number is None else frame.number
            identity = (number, zlib.crc32(frame.head)) if frame.number is not None else (-1, frame.offset)
            found.setdefault(identity, (number, frame.offset))
        self.log = tail.log
        for number, offset in sorted(found.values()):
            key = max(offset, self.end)
            self.end = key + 1
            if key != offset:
                self._moved[key] = offset
            self._numbers.append(number)
            self._keys.append(key)
        for key in self._keys:
            frame_there = self.frame_of(file, size, key)
            if frame_there is not None:
                yield key, frame_there
