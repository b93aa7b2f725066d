"""Points of one tag as columns, and fewer of them where a screen shows no more.

Owns `Series` and down-sampling. Pure: knows no files; needs no NumPy.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Axis: TypeAlias = Literal["iterations", "times", "relative"]
_PER_BUCKET = 4  # first, least, greatest, last


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of one tag in the order in which they were logged.

    Attributes:
        tag: Its name.
        start: Index of the first point here among all visible points of the tag.
        iterations: 64-bit integers.
        values: Doubles, nan and inf among them.
        times: Wall times, seconds since 1970-01-01 UTC.
    """

    tag: str
    start: int
    iterations: array[int]
    values: array[float]
    times: array[float]

    @classmethod
    def empty(cls, tag: str, start: int = 0) -> Series:
        """Return no points."""
        return cls(tag=tag, start=start, iterations=array("q"), values=array("d"), times=array("d"))

    def __len__(self) -> int:
        return len(self.values)

    def axis(self, name: Axis) -> Sequence[float]:
        """Return the column to draw along; `relative` counts from the first time here.

        Raises:
            ValueError: There is no such axis.
        """
        if name == "iterations":
            return self.iterations
        if name == "times":
            return self.times
        if name == "relative":
            return array("d", [at - self.times[0] for at in self.times])
        raise ValueError(f"no axis {name!r}; expected 'iterations', 'times' or 'relative'")


def downsample(
    series: Series, limit: int = 1000, x_range: tuple[float, float] | None = None, axis: Axis = "iterations"
) -> Series:
    """Choose about *limit* points that look like all of them: per bucket the first, least, greatest and last.

    Args:
        series: The points.
        limit: How many to return at most, but for the neighbours of the range.
        x_range: Only points in this closed range of the axis, and the neighbour on each side so that lines reach the
            edge.
        axis: What the range and the buckets go by.

    Returns:
        The chosen points in their order. A bucket that has nan values keeps one of them, as a gap.

    Raises:
        ValueError: There is no such axis.
    """
    x = series.axis(axis)
    inside: Sequence[int] = range(len(series))
    edges: list[int] = []
    if x_range is not None:
        inside, edges = _within(x, *x_range)
    buckets = max(limit // _PER_BUCKET, 1)
    if len(inside) > limit:
        count = len(inside)
        bounds = [bucket * count // buckets for bucket in range(buckets + 1)]
        chosen: list[int] = []
        for begin, end in pairwise(bounds):
            chosen += _extremes(series.values, inside[begin:end])
        inside = chosen
    kept = sorted({*edges, *inside})
    return Series(
        tag=series.tag,
        start=series.start,
        iterations=array("q", [series.iterations[at] for at in kept]),
        values=array("d", [series.values[at] for at in kept]),
        times=array("d", [series.times[at] for at in kept]),
    )


def _within(x: Sequence[float], low: float, high: float) -> tuple[Sequence[int], list[int]]:
    """Return the positions inside the range, and the neighbours next to them."""
    if _is_sorted(x):
        begin, end = bisect_left(x, low), bisect_right(x, high)
        return range(begin, end), [at for at in (begin - 1, end) if 0 <= at < len(x)]
    inside = [at for at, here in enumerate(x) if low <= here <= high]
    around = {at + step for at in inside for step in (-1, 1)}
    return inside, [at for at in around.difference(inside) if 0 <= at < len(x)]


def _is_sorted(x: Sequence[float]) -> bool:
    return all(here <= following for here, following in pairwise(x))


def _extremes(values: array[float], positions: Sequence[int]) -> list[int]:
    """Return the positions of the first, least, greatest and last value, and of one nan."""
    if isinstance(positions, range):
        part = values[positions.start : positions.stop]
        if all(value == value for value in part):  # noqa: PLR0124 - nan is what differs from itself
            least, greatest = part.index(min(part)), part.index(max(part))
            return [positions[0], positions[least], positions[greatest], positions[-1]]
    numbers = [at for at in positions if values[at] == values[at]]
    gaps = [at for at in positions if values[at] != values[at]][:1]
    if not numbers:
        return gaps
    return [
        numbers[0],
        min(numbers, key=values.__getitem__),
        max(numbers, key=values.__getitem__),
        numbers[-1],
        *gaps,
    ]
