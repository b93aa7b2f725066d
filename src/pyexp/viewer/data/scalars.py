"""Answers about scalars: down-sampled curves, what is new since a cursor, statistics, and all of it as CSV.

Owns what is computed from full data; refuses to know about sockets and requests. All functions read files.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.log import Axis, downsample
from pyexp.viewer.data.event_logs import cursor_after, read_after
from pyexp.viewer.protocol.encoding import encode_frame
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyexp.log import Series
    from pyexp.viewer.data.library import Library

POINTS: Final = 1_000
COLUMNS: Final = ("step", "value", "time")
AXES: Final[dict[str, Axis]] = {"step": "iterations", "relative": "relative", "wall": "times"}
_CSV_ROWS: Final = 20_000


def series_frame(
    library: Library,
    tag: int,
    runs: list[int],
    *,
    axis: str = "step",
    x_range: tuple[float, float] | None = None,
    points: int = POINTS,
) -> bytes:
    """The curves of *tag*, at most about *points* of each run inside *x_range*."""
    found = []
    for run, series in _read_all(library, tag, runs):
        shown = series
        if x_range is not None or len(series) > points:
            shown = downsample(series, points, x_range, AXES[axis])
        fields = {
            "run": run,
            "total": series.start + len(series),
            "sampled": len(shown) < len(series),
            "replace": True,
            "cursor": cursor_after(series),
        }
        found.append((fields, columns_of(shown)))
    low, high = x_range or (None, None)
    header = {"tag": tag, "columns": COLUMNS, "kind": "series", "axis": axis, "from": _end(low), "to": _end(high)}
    return encode_frame(header | {"notice": None}, found)


def delta_frame(
    library: Library, tag: int, cursors: Mapping[int, str | None]
) -> tuple[bytes | None, dict[int, str | None]]:
    """What is new of *tag* since the cursors that a page holds, and the cursors that it holds after it."""
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
        }
        found.append((fields, columns_of(shown)))
    if not found:
        return None, moved
    header = {"tag": tag, "columns": COLUMNS, "kind": "delta", "axis": "step", "from": None, "to": None, "notice": None}
    return encode_frame(header, found), moved


def statistics(library: Library, tags: list[int], runs: list[int]) -> dict[str, Any]:
    """Last value, extremes and count of each tag in each run, from all points."""
    rows = [
        {"run": run, "tag": tag, **_summary(series)}
        for tag in tags
        for run, series in _read_all(library, tag, runs)
        if len(series)
    ]
    return {"rows": rows}


def csv_pieces(library: Library, tag: int, runs: list[int]) -> Iterator[str]:
    """All points of *tag* as CSV, piece by piece."""
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
    """Steps, values and times as float64; a step beyond 2**53 loses its last digits."""
    return array("d", series.iterations), series.values, series.times


def _read_all(library: Library, tag: int, runs: list[int]) -> Iterator[tuple[int, Series]]:
    """The full series of *tag* in those of the runs that have it, one after the other."""
    for run, log in library.logs_of(runs):
        try:
            name = log.tag_name(tag)
            if name is not None:
                yield run.id, log.series(name)
        except (UnknownIdError, LogError):  # the folder went meanwhile: the catalogue will say so
            continue


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
    }


def _spreadsheet_safe(text: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula and runs it."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else cut_name(text)


def _end(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
