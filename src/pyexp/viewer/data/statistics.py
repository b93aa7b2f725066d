"""Mean, median and bands over runs, step by step, exact: from all points of all runs.

Owns the formulas; knows no files, no configs and no requests. A run that logged a step twice counts once, with the
later value. What is not finite is left out of every statistic and counted separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.log import Series

CENTRES: Final = ("mean", "median")
BANDS: Final = ("deviation", "error", "range", "quartiles", "most")
_QUANTILES: Final = {"quartiles": (0.25, 0.75), "most": (0.05, 0.95)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Statistics at each step, as columns of float64.

    Attributes:
        steps: Every step that some run logged, rising.
        count: How many runs have a finite value there.
        broken: How many have one that is not.
        centre: Mean or median.
        bands: Lower and upper edge of each band that was asked for.
    """

    steps: Any
    count: Any
    broken: Any
    centre: Any
    bands: tuple[tuple[Any, Any], ...]


def curve_over(members: Sequence[Series], centre: str, bands: Sequence[str]) -> Curve:
    """Return the *centre* and *bands* over *members*; where no run has a finite value, they are nan."""
    np = import_extra("numpy", "viewer", "grouping runs")
    steps, place, flat = _aligned(np, members)
    is_finite = np.isfinite(flat)
    count = np.bincount(place[is_finite], minlength=len(steps)).astype(np.float64)
    broken = np.bincount(place[~is_finite], minlength=len(steps)).astype(np.float64)
    if not is_finite.all():
        place, flat = place[is_finite], flat[is_finite]
    values = _Values(np, place, flat, count, len(members))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = values.mean() if centre == "mean" else values.quantile(0.5)
        edges = tuple(values.band(name, middle) for name in bands)
    return Curve(steps=steps.astype(np.float64), count=count, broken=broken, centre=middle, bands=edges)


class _Values:
    """Finite values with the place of each, `count` of them at each place."""

    def __init__(self, np: Any, place: Any, flat: Any, count: Any, runs: int) -> None:
        self._np = np
        self._place = place
        self._flat = flat
        self._count = count
        self._sorted: Any = None
        # All runs have all steps, one run after the other: a matrix, whose columns are much faster.
        is_whole = len(count) > 0 and bool((count == runs).all())
        self._matrix: Any = flat.reshape(runs, len(count)) if is_whole else None

    def mean(self) -> Any:
        if self._matrix is not None:
            return self._matrix.sum(axis=0) / self._count
        return self._sum(self._flat) / self._count

    def band(self, name: str, middle: Any) -> tuple[Any, Any]:
        if name == "range":
            return self.quantile(0.0), self.quantile(1.0)
        if name in _QUANTILES:
            low, high = _QUANTILES[name]
            return self.quantile(low), self.quantile(high)
        half = self._deviation() if name == "deviation" else self._error()
        return middle - half, middle + half

    def quantile(self, part: float) -> Any:
        """Return the value below which *part* of the values lie, by linear interpolation as NumPy's."""
        np = self._np
        self._sort()
        result = np.full(len(self._count), np.nan)
        there = self._count > 0
        rank = (self._count[there] - 1) * part
        below = np.floor(rank)
        first = (np.cumsum(self._count) - self._count)[there]
        low = self._sorted[(first + below).astype(np.int64)]
        high = self._sorted[(first + np.ceil(rank)).astype(np.int64)]
        result[there] = low + (high - low) * (rank - below)
        return result

    def _sort(self) -> None:
        """Bring the values of each place next to each other, from the least to the greatest."""
        if self._sorted is not None:
            return
        if self._matrix is not None:
            self._sorted = self._np.sort(self._matrix.T, axis=1).ravel()
        else:
            self._sorted = self._flat[self._np.lexsort((self._flat, self._place))]

    def _deviation(self) -> Any:
        return self._np.sqrt(self._squares() / self._count)

    def _error(self) -> Any:
        """Return the standard error of the mean; a lone value has none to show."""
        np, count = self._np, self._count
        error = np.sqrt(self._squares() / (count - 1) / count)
        return np.where(count == 1, 0.0, error)

    def _squares(self) -> Any:
        # The second pass keeps the digits that the difference of two large sums of squares would lose.
        if self._matrix is not None:
            return ((self._matrix - self.mean()) ** 2).sum(axis=0)
        return self._sum((self._flat - self.mean()[self._place]) ** 2)

    def _sum(self, values: Any) -> Any:
        return self._np.bincount(self._place, weights=values, minlength=len(self._count))


def _aligned(np: Any, members: Sequence[Series]) -> tuple[Any, Any, Any]:
    """Return all steps, and of each value its place among them and the value itself."""
    columns = [_last_of_each_step(np, series) for series in members]
    if not columns:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    flat = np.concatenate([values for _, values in columns])
    first = columns[0][0]
    if all(np.array_equal(steps, first) for steps, _ in columns[1:]):
        return first, np.tile(np.arange(len(first)), len(columns)), flat
    axis = np.unique(np.concatenate([steps for steps, _ in columns]))
    return axis, np.concatenate([np.searchsorted(axis, steps) for steps, _ in columns]), flat


def _last_of_each_step(np: Any, series: Series) -> tuple[Any, Any]:
    steps = np.frombuffer(series.iterations, dtype=np.int64) if len(series) else np.empty(0, np.int64)
    values = np.frombuffer(series.values, dtype=np.float64) if len(series) else np.empty(0)
    if np.all(steps[1:] > steps[:-1]):
        return steps, values
    # `unique` keeps the first of equals: turned round, that is the last one logged.
    unique, last = np.unique(steps[::-1], return_index=True)
    return unique, values[::-1][last]
