"""Mean, deviation and extremes over the runs that share a config value, exact: from all points of all runs.

Owns the statistics and nothing else; numpy, which the figures need anyway, comes with the viewer's extra.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra
from pyexp.log import Series, downsample
from pyexp.viewer.data.configs import load_config, to_text, value_at
from pyexp.viewer.protocol.encoding import encode_frame
from pyexp.viewer.protocol.errors import AnswerError

if TYPE_CHECKING:
    from pyexp.viewer.data.library import Library

COLUMNS: Final = ("step", "mean", "deviation", "count", "min", "max")
_POINT_LIMIT: Final = 20_000_000


def groups_frame(
    library: Library,
    tag: int,
    runs: list[int],
    key: str,
    *,
    x_range: tuple[float, float] | None = None,
    points: int = 1_000,
) -> bytes:
    """One curve of mean, population deviation, count and extremes for each value that the configs have at *key*."""
    members: dict[str, list[tuple[int, Series]]] = {}
    total = 0
    for run, log in library.logs_of(runs):
        name = log.tag_name(tag)
        if name is None:
            continue
        series = log.series(name)
        total += len(series)
        if total > _POINT_LIMIT:
            raise AnswerError(413, f"These runs have over {_POINT_LIMIT:,} points of this tag: select fewer runs.")
        label = to_text(value_at(load_config(run), key)) or "—"
        members.setdefault(label, []).append((run.id, series))
    found = []
    for label, group in members.items():
        columns = _thin(statistics_over([series for _, series in group]), x_range, points)
        fields = {"group": label, "runs": [run for run, _ in group], "total": len(columns[0])}
        found.append((fields, columns))
    low, high = x_range or (None, None)
    header: dict[str, Any] = {"tag": tag, "columns": COLUMNS, "kind": "groups", "axis": "step", "from": low, "to": high}
    return encode_frame(header | {"notice": None}, found)


def statistics_over(members: list[Series]) -> tuple[array[float], ...]:
    """Steps, and at each what `COLUMNS` names, over the finite values of the runs; the deviation is the population's.

    A run that logged a step twice counts once, with the later value. Where no run has a finite value, the count is 0
    and the others are nan.
    """
    np = import_extra("numpy", "viewer", "grouping runs")
    if not members:
        return tuple(array("d") for _ in COLUMNS)
    steps, values = [], []
    for series in members:
        iterations = np.frombuffer(series.iterations, dtype=np.int64) if len(series) else np.empty(0, np.int64)
        found = np.frombuffer(series.values, dtype=np.float64) if len(series) else np.empty(0)
        # `unique` keeps the first of equals: turned round, that is the last one logged.
        unique, last = np.unique(iterations[::-1], return_index=True)
        steps.append(unique)
        values.append(found[::-1][last])
    axis, place = np.unique(np.concatenate(steps), return_inverse=True)
    flat = np.concatenate(values)
    counted = np.isfinite(flat)
    place, flat = place[counted], flat[counted]
    count = np.bincount(place, minlength=len(axis)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(place, weights=flat, minlength=len(axis)) / count
        # The second pass keeps the digits that the difference of two large sums of squares would lose.
        spread = np.bincount(place, weights=(flat - mean[place]) ** 2, minlength=len(axis))
        deviation = np.sqrt(spread / count)
    low, high = np.full((2, len(axis)), np.nan)
    np.fmin.at(low, place, flat)
    np.fmax.at(high, place, flat)
    columns = (axis, mean, deviation, count, low, high)
    return tuple(array("d", column.astype(np.float64).tobytes()) for column in columns)


def _thin(
    columns: tuple[array[float], ...], x_range: tuple[float, float] | None, points: int
) -> tuple[array[float], ...]:
    steps, mean, *_ = columns
    if x_range is None and len(steps) <= points:
        return columns
    places = array("d", range(len(steps)))
    whole = Series(tag="", start=0, iterations=array("q", map(int, steps)), values=mean, times=places)
    kept = [int(place) for place in downsample(whole, points, x_range, "iterations").times]
    return tuple(array("d", (column[place] for place in kept)) for column in columns)
