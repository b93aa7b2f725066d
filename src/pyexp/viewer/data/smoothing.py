"""Smooths a curve over all its points: a debiased average whose weight goes by the distance in x.

At weight w, a point that lies d behind counts w^(d / (X / 1000)), where X is the x-extent of the whole chart: a line
looks the same however densely it was logged and whatever is zoomed to. Pure: knows no files.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Final

from pyexp._optional import import_extra

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNITS: Final = 1_000  # that the extent of a chart is divided into


def smooth(x: Sequence[float], values: Sequence[float], weight: float, extent: float) -> array[float]:
    """Return *values* smoothed along *x*, which *extent* is the chart's whole width of.

    What is not finite stays as it is and does not disturb the average. Where x goes back, the average starts anew.
    """
    if weight <= 0 or not len(x):
        return array("d", values)
    smoothed = array("d")
    total = mass = 0.0
    for value, kept in zip(values, _kept(x, weight, extent), strict=True):
        total *= kept
        mass *= kept
        if math.isfinite(value):
            total += value
            mass += 1.0
            smoothed.append(total / mass)
        else:
            smoothed.append(value)
    return smoothed


def extent_of(axes: Iterable[Sequence[float]]) -> float:
    """Return the distance from the least to the greatest x of all lines of a chart."""
    ends = [end for x in axes if len(x) for end in (min(x), max(x))]
    return float(max(ends) - min(ends)) if ends else 0.0


def _kept(x: Sequence[float], weight: float, extent: float) -> list[float]:
    """Return the part of the average that is left at each point."""
    np = import_extra("numpy", "viewer", "smoothing")
    steps = np.diff(np.asarray(x, dtype=np.float64))
    with np.errstate(over="ignore"):
        kept = np.power(weight, np.abs(steps) / ((extent or 1.0) / UNITS))
    kept[steps < 0] = 0.0
    found: list[float] = [1.0, *kept.tolist()]
    return found
