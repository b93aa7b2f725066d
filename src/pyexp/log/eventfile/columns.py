"""The points of many blocks, joined by tag. Owns that they stay in the order in which they were added."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from collections.abc import Iterable


class Columns:
    """Three columns for each tag, which grow.

    Attributes:
        count: Number of points of all tags.
    """

    def __init__(self) -> None:
        self._of_tag: dict[str, tuple[array[int], array[float], array[float]]] = {}
        self.count = 0

    def __contains__(self, tag: str) -> bool:
        return tag in self._of_tag

    def extend(self, found: Iterable[Points]) -> None:
        """Add points behind those of their tags."""
        for points in found:
            columns = self._of_tag.get(points.tag)
            if columns is None:
                columns = self._of_tag[points.tag] = (array("q"), array("d"), array("d"))
            columns[0].extend(points.iterations)
            columns[1].extend(points.values)
            columns[2].extend(points.times)
            self.count += len(points.values)

    def copy(self, tag: str) -> Points:
        """Return the points of a tag as they are now."""
        iterations, values, times = self._of_tag[tag]
        return Points(tag, iterations[:], values[:], times[:])

    def take(self) -> list[Points]:
        """Return the points of all tags, and hold none any more."""
        taken, self._of_tag, self.count = self._of_tag, {}, 0
        return [Points(tag, *columns) for tag, columns in taken.items()]
