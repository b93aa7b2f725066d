"""Answers about scalars: down-sampled curves, what is new since a cursor, statistics, and all of it as CSV.

Owns what is computed from full data; does not know about sockets and requests. All functions read files.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra
from pyexp.errors import LogError
from pyexp.log import Axis, downsample
from pyexp.viewer.data.event_logs import cursor_after, read_after
from pyexp.viewer.data.smoothing import extent_of, smooth
from pyexp.viewer.protocol.encoding import encode_frame
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyexp.log import Series
    from pyexp.viewer.data.library import Library

POINTS: Final = 1_000
COLUMNS: Final = ("step", "value", "time")
SMOOTHED_COLUMNS: Final = (*COLUMNS, "raw")
AXES: Final[dict[str, Axis]] = {"step": "iterations", "relative": "relative", "wall": "times"}
_CSV_ROWS: Final = 20_000
_LONG: Final = 100_000


def series_frame(
    library: Library,
    tag: int,
    runs: list[int],
    *,
    axis: str = "step",
    x_range: tuple[float, float] | None = None,
    points: int = POINTS,
    most: int | None = None,
) -> bytes:
    """Return the curves of *tag*, about *points* of each run at most, inside *x_range*.

    With *most*, only the first so many of the runs that have the tag; the header says how many have it.
    """
    found: list[tuple[dict[str, Any], tuple[array[float], ...]]] = []
    having = _having(library, tag, runs)
    for run, series in _read_all(library, tag, having[:most]):
        shown = series
        if x_range is not None or len(series) > points:
            shown = downsample(series, points, x_range, AXES[axis])
        fields = {
            "run": run,
            "total": series.start + len(series),
            "sampled": len(shown) < len(series),
            "replace": True,
            "cursor": cursor_after(series),
            **_oddities(series),
        }
        found.append((fields, columns_of(shown)))
    header = {"kind": "series", "columns": COLUMNS, "having": len(having)}
    return encode_frame(header | _place(tag, axis, x_range), found)


def smoothed_frame(
    library: Library,
    tag: int,
    runs: list[int],
    *,
    weight: float,
    axis: str = "step",
    x_range: tuple[float, float] | None = None,
    points: int = POINTS,
) -> bytes:
    """Return the curves of *tag* in *runs* over the whole chart, smoothed over all points, with the raw values."""
    read = list(_read_all(library, tag, runs))
    along = [series.axis(AXES[axis]) for _, series in read]
    extent = extent_of(along)
    found: list[tuple[dict[str, Any], list[array[float]]]] = []
    for (run, series), x in zip(read, along, strict=True):
        smoothed = replace(series, values=smooth(x, series.values, weight, extent))
        kept = list(_kept_places(smoothed, points, x_range, AXES[axis]))
        columns = (*columns_of(smoothed), series.values)
        found.append(({"run": run}, [array("d", (column[place] for place in kept)) for column in columns]))
    header = {"kind": "smoothed", "columns": SMOOTHED_COLUMNS}
    return encode_frame(header | _place(tag, axis, x_range), found)


def delta_frame(
    library: Library, tag: int, cursors: Mapping[int, str | None]
) -> tuple[bytes | None, dict[int, str | None]]:
    """Return the new points of *tag* after the cursors that a page holds, and the cursors to hold next."""
    found = []
    moved: dict[int, str | None] = {}
    for run, log in library.logs_of(list(cursors)):
        cursor = cursors[run.id]
        try:
            name = log.tag_name(tag)
            if name is None:
                continue
            series, continues = read_after(log, name, cursor)
        except (UnknownIdError, LogError):
            continue
        if not len(series) and (continues or cursor is None):
            continue
        shown = downsample(series, POINTS) if len(series) > POINTS else series
        moved[run.id] = cursor_after(series)
        fields = {
            "run": run.id,
            "total": series.start + len(series),
            "sampled": len(shown) < len(series),
            "replace": not continues,
            "base": cursor if continues else None,
            "cursor": moved[run.id],
            **_oddities(series),
        }
        found.append((fields, columns_of(shown)))
    if not found:
        return None, moved
    return encode_frame({"kind": "delta", "columns": COLUMNS} | _place(tag, "step", None), found), moved


def statistics(library: Library, tags: list[int], runs: list[int]) -> dict[str, Any]:
    """Compute last value, extremes and count of each tag in each run, from all points; with notes on the logs."""
    rows = [
        {"run": run, "tag": tag, **_summary(series)}
        for tag in tags
        for run, series in _read_all(library, tag, runs)
        if len(series)
    ]
    return {"rows": rows, **library.log_facts(runs)}


def csv_pieces(library: Library, tag: int, runs: list[int]) -> Iterator[str]:
    """Yield all points of *tag* as CSV, piece by piece."""
    yield "batch,run,folder,step,time,value\r\n"
    for run, log in library.logs_of(runs):
        name = log.tag_name(tag)
        series = log.series(name) if name is not None else None
        if series is None:
            continue
        who = [_spreadsheet_safe(text) for text in (library.catalog.batch_of(run), run.name, run.folder)]
        for low in range(0, len(series), _CSV_ROWS):
            text = io.StringIO()
            part = slice(low, low + _CSV_ROWS)
            columns = zip(series.iterations[part], series.times[part], series.values[part], strict=True)
            csv.writer(text).writerows((*who, *point) for point in columns)
            yield text.getvalue()


def columns_of(series: Series) -> tuple[array[float], ...]:
    """Return steps, values and times as float64; a step beyond 2**53 loses its last digits."""
    return array("d", series.iterations), series.values, series.times


def _read_all(library: Library, tag: int, runs: list[int]) -> Iterator[tuple[int, Series]]:
    """Read the full series of *tag* from each of the runs that have it."""
    for run, log in library.logs_of(runs):
        try:
            name = log.tag_name(tag)
            if name is not None:
                yield run.id, log.series(name)
        except (UnknownIdError, LogError):  # the folder went meanwhile: the catalogue will say so
            continue


def _having(library: Library, tag: int, runs: list[int]) -> list[int]:
    """Return the runs that have the tag, in their order."""
    having = []
    for run, log in library.logs_of(runs):
        try:
            if log.tag_name(tag) is not None:
                having.append(run.id)
        except (UnknownIdError, LogError):
            continue
    return having


def _oddities(series: Series) -> dict[str, int]:
    """Count the points that a chart cannot draw, and those that a logarithmic axis cannot."""
    values = series.values
    if len(values) >= _LONG:  # NumPy takes a tenth of a second to load, and 14 MB
        np = import_extra("numpy", "viewer", "the viewer")
        column = np.frombuffer(values, dtype=np.float64)
        column = column[np.isfinite(column)]
        return {"nonfinite": len(values) - len(column), "nonpositive": int((column <= 0).sum())}
    finite = list(filter(math.isfinite, values))
    return {"nonfinite": len(values) - len(finite), "nonpositive": sum(map((0.0).__ge__, finite))}


def _kept_places(series: Series, points: int, x_range: tuple[float, float] | None, axis: Axis) -> Iterable[int]:
    """Return the places of the points that down-sampling keeps, passed through the column it does not look at."""
    if x_range is None and len(series) <= points:
        return range(len(series))
    if axis == "iterations":
        numbered = replace(series, times=array("d", range(len(series))))
        return map(int, downsample(numbered, points, x_range, axis).times)
    numbered = replace(series, iterations=array("q", range(len(series))))
    return downsample(numbered, points, x_range, axis).iterations


def _place(tag: int, axis: str, x_range: tuple[float, float] | None) -> dict[str, Any]:
    """Return the fields of a frame that repeat the request."""
    low, high = x_range or (None, None)
    return {"tag": tag, "axis": axis, "from": _end(low), "to": _end(high), "notice": None}


def _summary(series: Series) -> dict[str, Any]:
    values = series.values
    low, high = min(values), max(values)
    if not (math.isfinite(low) and math.isfinite(high)) or math.isnan(sum(values)):
        finite = [value for value in values if math.isfinite(value)]
        low, high = (min(finite), max(finite)) if finite else (None, None)  # type: ignore[assignment]
    return {
        "count": series.start + len(values),
        "last": values[-1],
        "last_step": series.iterations[-1],
        "min": low,
        "max": high,
        "nonfinite": _oddities(series)["nonfinite"],
    }


def _spreadsheet_safe(text: str) -> str:
    """Quote a cell that a spreadsheet would take for a formula and run."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else cut_name(text)


def _end(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
