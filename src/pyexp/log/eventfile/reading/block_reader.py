"""The points of the blocks of one event file, read when asked for.

Owns what is kept of what was read: heads, joined small blocks, counts of points, and which columns are damaged. Reads a
merged block, or the blocks that it replaces where it is damaged. All that reads raises `OSError` when the file was
removed or replaced meanwhile.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile.reading.small_blocks import SmallBlocks
from pyexp.log.values.attempts import after, joined
from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.log.eventfile.reading.block_list import BlockList
    from pyexp.log.eventfile.reading.heads import Heads
    from pyexp.log.eventfile.reading.known_file import KnownFile
    from pyexp.log.eventfile.reading.places import Places


class BlockReader:
    """Reads the blocks that a list has; see the module.

    Attributes:
        damaged: Keys of blocks, each with a tag whose column is damaged there.
        misses: Some block is not where it was listed.
    """

    def __init__(self, file: KnownFile, blocks: BlockList, places: Places, heads: Heads) -> None:
        self.damaged: set[tuple[int, str]] = set()
        self.misses = False
        self._file = file
        self._blocks = blocks
        self._places = places
        self._heads = heads
        self._lasts: dict[str, tuple[int, tuple[int, float]]] = {}  # key of the last block, and its last point
        self.forget_counts()

    def forget_counts(self) -> None:
        """Forget what holds for the list of blocks as it was: some of them were replaced."""
        self._ladders: dict[str, array[int]] = {}  # of each block of a tag: points up to its end
        self._small = SmallBlocks(self._note_damage, self._places)
        self._unmerged: tuple[int, list[int]] = (-1, [])

    def all_points(self, tag: str, known: int) -> list[Points]:
        """Return the points of a tag in all blocks, in pieces; *known* is how far the list of blocks goes."""
        keys = self._blocks.keys(tag)
        with self._file.open() as file:
            size = os.fstat(file.fileno()).st_size
            merged = bisect_left(keys, self._blocks.merged_end)
            small, end = self._small.read(file, size, self._list_unmerged(known), tag)
            rest = max(bisect_left(keys, end), merged)
            before = self._read_merged(file, size, keys[:merged], tag)
            return before + small + [self._read(file, size, key, tag) for key in keys[rest:]]

    def points_after(self, tag: str, start: int) -> list[Points]:
        """Return the points of a tag from index *start* on, reading only the blocks with these."""
        keys = self._blocks.keys(tag)
        with self._file.open() as file:
            ladder = self._climb(file, tag, keys)
            first = bisect_right(ladder, start)
            skip = start - (ladder[first - 1] if first else 0)
            size = os.fstat(file.fileno()).st_size
            return after([self._read(file, size, key, tag) for key in keys[first:]], skip)

    def points_by_block(self, tag: str) -> Iterator[tuple[int, Points]]:
        """Yield key and points of each block of a tag."""
        with self._file.open() as file:
            size = os.fstat(file.fileno()).st_size
            for key in self._blocks.keys(tag):
                yield key, self._read(file, size, key, tag)

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return the last point of a tag, reading one block, or its head where the point is in there."""
        with self._file.open() as file:
            size = os.fstat(file.fileno()).st_size
            for key in self._blocks.newest(tag):
                if (known := self._lasts.get(tag)) and known[0] == key:
                    return known[1]
                if (found := self._last_of(file, size, key, tag)) is not None:
                    self._lasts[tag] = key, found
                    return found
        return None

    def count_before(self, tag: str, limit: int) -> int:
        """Return how many points of a tag lie in blocks before the key *limit*."""
        blocks, replaced = self._blocks.before(tag, limit)
        if not blocks and not replaced:
            return 0
        with self._file.open() as file:
            size = os.fstat(file.fileno()).st_size
            ladder = self._climb(file, tag, self._blocks.keys(tag))
            return (ladder[blocks - 1] if blocks else 0) + sum(self._count(file, size, key, tag) for key in replaced)

    def is_healed(self, file: IO[bytes], size: int, rechecked: int) -> bool:
        """Return whether a column that was damaged is whole now, of the first *rechecked* ones."""
        columns = [(key, tag) for key, tag in self.damaged if tag][:rechecked]
        return any(self._read_column(file, size, key, tag) is not None for key, tag in columns)

    def _list_unmerged(self, known: int) -> list[int]:
        if self._places.are_by_number:
            return []
        if self._unmerged[0] != known:
            self._unmerged = known, self._blocks.unmerged()
        return self._unmerged[1]

    def _note_damage(self, key: int, tag: str) -> None:
        self.damaged.add((key, tag))
        self._ladders.pop(tag, None)

    def _read_merged(self, file: IO[bytes], size: int, keys: Sequence[int], tag: str) -> list[Points]:
        """Return one tag of these blocks, joined: a long log at the pace of training has many merged ones."""
        heads = (self._heads.at(file, size, key) for key in keys)
        points = self._heads.joined_columns(file, heads, tag) if keys else None
        return [self._read(file, size, key, tag) for key in keys] if points is None else [points]

    def _read(self, file: IO[bytes], size: int, key: int, tag: str) -> Points:
        """Return one tag of the block *key*; where it is damaged, of the blocks that it replaces, if any."""
        points = None if (key, tag) in self.damaged else self._read_column(file, size, key, tag)
        if points is not None:
            return points
        self._note_damage(key, tag)
        self._heads.forget(key)
        found = joined(tag, [self._read(file, size, small, tag) for small in self._blocks.replaced_by(tag, key)])
        return Points(tag, found.iterations, found.values, found.times)

    def _read_column(self, file: IO[bytes], size: int, key: int, tag: str) -> Points | None:
        head = self._heads.at(file, size, key)
        if head is None:
            self.misses = True
            return None
        return self._heads.column(file, head, tag)

    def _last_of(self, file: IO[bytes], size: int, key: int, tag: str) -> tuple[int, float] | None:
        head = self._heads.at(file, size, key)
        if head is not None and (last := head.last(tag)) is not None:
            return last
        points = self._read(file, size, key, tag)
        return (points.iterations[-1], points.values[-1]) if len(points.values) else None

    def _climb(self, file: IO[bytes], tag: str, keys: Sequence[int]) -> array[int]:
        """Return how many points each block of a tag and those before it have, reading only heads not yet seen."""
        ladder = self._ladders.setdefault(tag, array("Q"))
        size = os.fstat(file.fileno()).st_size
        for key in keys[len(ladder) :]:
            ladder.append(self._count(file, size, key, tag) + (ladder[-1] if ladder else 0))
        return ladder

    def _count(self, file: IO[bytes], size: int, key: int, tag: str) -> int:
        if (key, tag) not in self.damaged:
            head = self._heads.at(file, size, key)
            if head is not None:
                return head.count(tag)
            self.misses = True
            self._ladders.pop(tag, None)  # what is counted now does not hold when it is there again
        return sum(self._count(file, size, small, tag) for small in self._blocks.replaced_by(tag, key))
