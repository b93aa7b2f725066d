"""Where the new points of each tag begin. Owns that this is counted only for the tags that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet


class Starts(Mapping[str, int]):
    """Tags with new points, and the index of the first of them."""

    def __init__(self, tags: AbstractSet[str], count: Callable[[str], int]) -> None:
        self._tags = tags
        self._count = count

    def __getitem__(self, tag: str) -> int:
        if tag not in self._tags:
            raise KeyError(tag)
        return self._count(tag)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)
