"""Reading ``events.pb``: which points and objects there are, and which of them are new. Read when asked for.

Owns the state of one reader of one file. Keeps places, never values, but for what is bounded.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, TypeVar

from pyexp._files import open_regular
from pyexp.errors import LogError
from pyexp.log.eventfile import codec
from pyexp.log.eventfile.reading.block_reader import BlockReader
from pyexp.log.eventfile.reading.known_file import KnownFile, ReplacedError, identity_of
from pyexp.log.eventfile.reading.listing import Listing, MovedError
from pyexp.log.eventfile.reading.starts import Starts
from pyexp.log.eventfile.record_walk import frame_at
from pyexp.log.eventfile.repair import require_ours
from pyexp.log.values.attempts import after, visible_entries, visible_points
from pyexp.log.values.parts import read_parts
from pyexp.log.values.source import Delta

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from pyexp.log.values.events import Entry, Part, Points

_Answer = TypeVar("_Answer")
_TRIES = 20  # to answer a question while the file is replaced again and again
_RECHECKED = 20  # damaged places looked at again when the file has changed


class EventSource:
    """The events of one file; see `pyexp.log.values.source.Source`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None  # of the file that was seen last
        self._state = (0, 0)  # size and time of the last change, when it was looked at
        self._owes_reset = False  # an answer since the last poll was not of the file that this one knows
        self._forget()

    def _forget(self, *, uses_index: bool = True, are_by_number: bool = False) -> None:
        self._file = KnownFile(self._path, self._identity)
        self._list = Listing(self._file, uses_index=uses_index, are_by_number=are_by_number)
        self._reader = BlockReader(self._file, self._list.blocks, self._list.places, self._list.heads)
        self._damaged: set[int] = set()  # where contents of objects are that could not be read

    @property
    def tags(self) -> Collection[str]:
        """The scalar tags."""
        return self._list.blocks.tags

    @property
    def attempts(self) -> Sequence[float]:
        """When each attempt began."""
        return self._list.attempts

    @property
    def damage(self) -> int:
        """Number of damaged records found so far."""
        tail, listed = self._list.tail, (self._list.damaged, self._list.objects.damaged)
        return sum(map(len, (tail.damaged, tail.foreign, self._damaged, self._reader.damaged, *listed)))

    @property
    def problem(self) -> str | None:
        """Why the file is not an event log; None when it is, or may become one."""
        if self._list.tail.offset:
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
        try:
            with open_regular(self._path, follow_links=True, buffering=0) as file:
                status = os.fstat(file.fileno())
                reset, self._owes_reset = self._owes_reset, False
                if not self._is_same(file, status):
                    reset |= self._identity is not None
                    self._identity = identity_of(status)
                    self._forget()
                state, self._state = self._state, (status.st_size, status.st_mtime_ns)
                if not reset and (self._list.tail.offset == status.st_size or state == self._state):
                    return Delta()
                return self._look(file, status.st_size, reset=reset)
        except OSError:  # not there yet, or removed
            reset = self._owes_reset or self._identity is not None
            self._owes_reset, self._identity, self._state = False, None, (0, 0)  # it may come back as it was
            self._forget()
            return Delta(reset=reset)

    def count(self, tag: str) -> int:
        """Return the number of points of a tag, hidden ones included."""
        return self._ask(lambda: self._reader.count_before(tag, self._list.end), 0)

    def points(self, tag: str, start: int) -> list[Points]:
        """Return the visible points of a tag from index *start* on, in pieces."""
        return self._ask(lambda: self._points(tag, start), [])

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return the last point of a tag, reading one block: nothing later hides it."""
        return self._ask(lambda: self._reader.last(tag), None)

    def entries(self) -> list[Entry]:
        """Return the visible objects."""
        return self._ask(self._visible_entries, [])

    def contents(self, parts: Sequence[Part]) -> list[bytes | None]:
        """Return the bytes of these parts; None for those that are damaged or gone."""
        found = read_parts(parts)
        if None in found:
            found = self._find_again(parts, found)
        self._damaged.update(part.offset for part, data in zip(parts, found, strict=True) if data is None)
        return found

    def _find_again(self, parts: Sequence[Part], found: list[bytes | None]) -> list[bytes | None]:
        """Read what is elsewhere now, since the file was written anew: it is known by its size and check."""
        entries: list[Entry] = self._ask(self._entries_there, [])
        there = {(part.size, part.crc32, part.media_type): part for entry in entries for part in entry.parts}
        places = [there.get((part.size, part.crc32, part.media_type), part) for part in parts]
        return [
            data if data is not None or place == part else read_parts([place])[0]
            for part, place, data in zip(parts, places, found, strict=True)
        ]

    def _entries_there(self) -> list[Entry]:
        with self._file.open():  # what was listed may be of a file that was replaced
            return self._visible_entries()

    def _visible_entries(self) -> list[Entry]:
        return visible_entries([(self._list.attempt_of(entry.id), entry) for entry in self._list.objects.entries()])

    def _points(self, tag: str, start: int) -> list[Points]:
        if self._list.is_hiding(tag):
            pieces = ((self._list.attempt_of(key), points) for key, points in self._reader.points_by_block(tag))
            return after(visible_points(tag, pieces), start)
        return self._reader.points_after(tag, start) if start else self._reader.all_points(tag, self._list.end)

    def _is_same(self, file: IO[bytes], status: os.stat_result) -> bool:
        """Return whether this is the file that we know, grown at most."""
        if not self._file.is_at(file):
            return False
        return status.st_mtime_ns == self._state[1] or not self._is_healed(file, status.st_size)

    def _is_healed(self, file: IO[bytes], size: int) -> bool:
        """Return whether something that was damaged is whole now: then the file was being replaced while we read it."""
        if any(frame_at(file, offset, size) for offset in self._list.tail.damaged[-_RECHECKED:]):
            return True
        return self._reader.is_healed(file, size, _RECHECKED)

    def _look(self, file: IO[bytes], size: int, *, reset: bool) -> Delta:
        if self._list.places.are_by_number:  # where new records belong is known of all together
            reset |= bool(self._list.end)
            self._forget(are_by_number=True)
        begin, seen = (0, 0) if reset else (self._list.end, len(self._list.objects.keys))
        merges = self._list.merges
        try:
            touched = self._list.look(file, size)
        except MovedError:
            reset |= bool(begin)
            begin = seen = merges = 0
            touched = self._list_anew(file, size)
        if self._list.merges != merges:
            self._reader.forget_counts()
        if self._list.is_restored and begin:
            reset, begin, seen = True, 0, 0
        self._list.is_restored = False
        self._file.note(file, self._list.tail.offset)
        return self._delta(touched, begin, self._list.objects.keys[seen:].tolist(), reset=reset)

    def _delta(self, touched: set[bytes], begin: int, new: Sequence[int], *, reset: bool) -> Delta:
        listed, reader = self._list, self._reader
        tags = set(listed.blocks.tags) if reset else {tag for tag_set in touched for tag in codec.parse_tags(tag_set)}

        def start(tag: str) -> int:
            return 0 if listed.is_hiding(tag) else self._unless_gone(lambda: reader.count_before(tag, begin), 0)

        return Delta(
            reset=reset,
            starts=Starts(tags, start),
            entries=lambda: self._unless_gone(lambda: listed.objects.entries_at(new), []),
            hides=bool(new) and listed.attempt_of(new[-1]) > 0,
        )

    def _ask(self, question: Callable[[], _Answer], default: _Answer) -> _Answer:
        """Answer a question, once more where the file was replaced, or its index says something else than its records.

        The default is the answer of a file that was removed; the next poll says so.
        """
        for _ in range(_TRIES):
            try:
                found = question()
                if not (self._list.is_indexed and (self._reader.misses or self._list.objects.damaged)):
                    return found
                with self._file.open() as file:
                    self._list_anew(file, os.fstat(file.fileno()).st_size)
            except ReplacedError:
                self.poll()
            except OSError:
                break
            self._owes_reset = True
        return self._gone(default)

    def _unless_gone(self, answer: Callable[[], _Answer], default: _Answer) -> _Answer:
        """Return what *answer* does; the default where the file was removed or replaced."""
        try:
            return answer()
        except OSError:
            return self._gone(default)

    def _gone(self, default: _Answer) -> _Answer:
        """Return *default*, the answer of a file that is gone; the next poll says so, also where it is back by then."""
        self._owes_reset |= self._identity is not None
        return default

    def _list_anew(self, file: IO[bytes], size: int) -> set[bytes]:
        """List the file by looking at each record, in the order of their numbers where they were moved."""
        try:
            self._forget(uses_index=False)
            touched = self._list.look(file, size)
        except MovedError:
            self._forget(are_by_number=True)
            touched = self._list.look(file, size)
        self._file.note(file, self._list.tail.offset)
        return touched
