"""The points of many blocks, joined by tag. Owns that they stay in the order in which they were added."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from collections.abc import Iterable


class Columns:
    """The points of some tags, which grow.

    Attributes:
        count: Number of points of all tags.
    """

    def __init__(self) -> None:
        self._of_tag: dict[str, Points] = {}
        self.count = 0

    def __contains__(self, tag: str) -> bool:
        return tag in self._of_tag

    def extend(self, found: Iterable[Points]) -> None:
        """Add points behind those of their tags."""
        for points in found:
            held = self._of_tag.get(points.tag)
            self._of_tag[points.tag] = _copied(points) if held is None else _extended(held, points)
            self.count += len(points.values)

    def copy(self, tag: str) -> Points:
        """Return the points of a tag as they are now."""
        return _copied(self._of_tag[tag])

    def take(self) -> list[Points]:
        """Return the points of all tags, and hold none any more."""
        taken, self._of_tag, self.count = self._of_tag, {}, 0
        return list(taken.values())


def _copied(points: Points) -> Points:
    return Points(points.tag, points.iterations[:], points.values[:], points.times[:])


def _extended(held: Points, points: Points) -> Points:
    """Return the points of both; those that are held may become part of it."""
    held.values.extend(points.values)
    held.times.extend(points.times)
    iterations = join_iterations(held.iterations, points.iterations)
    return held if iterations is held.iterations else Points(held.tag, iterations, held.values, held.times)


def join_iterations(held: array[int] | range, more: array[int] | range) -> array[int] | range:
    """Return the iterations of both: a range as long as they are at one distance, which then need not be looked for."""
    if isinstance(held, range) and isinstance(more, range) and (held.stop, held.step) == (more.start, more.step):
        return range(held.start, more.stop, held.step)
    joined = array("q", held) if isinstance(held, range) else held
    joined.extend(more)
    return joined
