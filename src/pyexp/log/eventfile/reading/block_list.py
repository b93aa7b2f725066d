"""Which blocks of an event file hold which tags, and which of them a merged one replaces.

Owns the keys of blocks: numbers that grow in the order of the log, as a rule the offset in the file. Reads nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING

from pyexp.log.eventfile import codec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


@dataclass(slots=True)
class _Replaced:
    """The small blocks between two keys, and the merged ones that are read instead."""

    begin: int
    end: int
    parts: list[tuple[bytes, int]]  # tags and keys of the merged blocks
    blocks: dict[bytes, array[int]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The key of the last merged block."""
        return self.parts[-1][1]


class BlockList:
    """The blocks of one file. Those that are replaced stay known, in case that a merged one is damaged."""

    def __init__(self) -> None:
        self._blocks: dict[bytes, array[int]] = {}  # keys of the blocks with this set of tags
        self._sets_of: dict[str, tuple[bytes, ...]] = {}  # sets that contain this tag
        self._replaced: list[_Replaced] = []
        self._incomplete: _Replaced | None = None

    @property
    def tags(self) -> Collection[str]:
        """The tags."""
        return self._sets_of.keys()

    @property
    def merged_end(self) -> int:
        """A key behind all merged blocks."""
        return self._replaced[-1].last + 1 if self._replaced else 0

    def add(self, tag_set: bytes, keys: Sequence[int]) -> None:
        """Add blocks that follow all others of the same tags."""
        self._of(tag_set).extend(keys)

    def add_merged(self, tag_set: bytes, key: int, begin: int, end: int, part: tuple[int, int]) -> bool:
        """Add a merged block; return whether it is the last of all its parts, which replace smaller ones from now on.

        Args:
            tag_set: Its tags.
            key: Its key.
            begin: The key of the first block that it replaces.
            end: A key behind the last one.
            part: Which of how many parts it is.
        """
        if not part[0]:
            self._incomplete = _Replaced(begin, end, [])
        group = self._incomplete
        if group is None or (group.begin, group.end, len(group.parts)) != (begin, end, part[0]):
            self._incomplete = None
            return False
        group.parts.append((tag_set, key))
        if len(group.parts) < part[1]:
            return False
        self._incomplete = None
        return self._replace(group)

    def keys(self, tag: str) -> Sequence[int]:
        """Return the keys of the blocks to read for a tag, in the order of the log."""
        lists = self._lists(tag)
        return lists[0] if len(lists) == 1 else list(merge(*lists))

    def newest(self, tag: str) -> Iterator[int]:
        """Yield the keys of the blocks to read for a tag, the last one first."""
        return merge(*map(reversed, self._lists(tag)), reverse=True)

    def unmerged(self) -> list[int]:
        """Return the keys of all blocks behind the merged ones."""
        return [key for key, _ in self.blocks(self.merged_end)]

    def blocks(self, begin: int = 0) -> list[tuple[int, bytes]]:
        """Return key and tags of all blocks to read, from the key *begin* on."""
        blocks = self._blocks.items()
        return sorted((key, tag_set) for tag_set, keys in blocks for key in keys[bisect_left(keys, begin) :])

    def replaced(self) -> list[int]:
        """Return the keys of the blocks that are not read, because merged ones replace them."""
        return [key for group in self._replaced for keys in group.blocks.values() for key in keys]

    def replaced_by(self, tag: str, key: int) -> Sequence[int]:
        """Return the keys of the blocks with a tag that the merged block *key* replaces; none for another block."""
        at = bisect_left(self._replaced, key, key=lambda group: group.last)
        if at == len(self._replaced) or not any(key == merged for _, merged in self._replaced[at].parts):
            return ()
        return self._small(self._replaced[at], tag)

    def before(self, tag: str, limit: int) -> tuple[int, Sequence[int]]:
        """Return how many of `keys` lie before a key, and which replaced blocks do that the others do not stand for."""
        at = bisect_right(self._replaced, limit, key=lambda group: group.begin) - 1
        group = self._replaced[at] if at >= 0 else None
        if group is None or limit > group.last:
            return bisect_left(self.keys(tag), limit), ()
        return bisect_left(self.keys(tag), group.begin), [key for key in self._small(group, tag) if key < limit]

    def _replace(self, group: _Replaced) -> bool:
        if group.begin < (self._replaced[-1].end if self._replaced else 0):
            return False  # two writers without locks merged the same blocks
        for tag_set, keys in self._blocks.items():
            begin, end = bisect_left(keys, group.begin), bisect_left(keys, group.end)
            if begin < end:
                group.blocks[tag_set] = keys[begin:end]
                del keys[begin:end]
        self._replaced.append(group)
        for tag_set, key in group.parts:
            insort(self._of(tag_set), key)
        return True

    def _of(self, tag_set: bytes) -> array[int]:
        keys = self._blocks.get(tag_set)
        if keys is None:
            keys = self._blocks[tag_set] = array("Q")
            alone = (tag_set,)  # one for all its tags, of which there may be a million
            for tag in codec.parse_tags(tag_set):
                others = self._sets_of.get(tag)
                self._sets_of[tag] = (*others, tag_set) if others else alone
        return keys

    def _lists(self, tag: str) -> list[array[int]]:
        lists = [self._blocks[tag_set] for tag_set in self._sets_of.get(tag, ())]
        return [keys for keys in lists if keys] or lists[:1]

    def _small(self, group: _Replaced, tag: str) -> Sequence[int]:
        lists = [group.blocks[tag_set] for tag_set in self._sets_of.get(tag, ()) if tag_set in group.blocks]
        return lists[0] if len(lists) == 1 else list(merge(*lists))
