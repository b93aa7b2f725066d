"""Objects as bytes, taken at the call: texts, checkpoints, histograms, tables, hyperparameters.

Owns the bytes of each object. Knows neither files nor iterations.
"""

from __future__ import annotations

import json
import math
import pickle
import sys
from contextlib import suppress
from operator import index
from typing import TYPE_CHECKING, Any

from pyexp._loaded import find_loaded
from pyexp.errors import UnpicklableError
from pyexp.log.call.arrays import on_host
from pyexp.log.kinds import JSON, PICKLE, PLAIN
from pyexp.log.values.events import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_HALF = 0.5  # of numbers whose distance is beyond the largest float


def text(tag: str, text: str) -> Content:
    """Capture a text; what UTF-8 does not have is written as an escape.

    Raises:
        TypeError: It is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"the text {tag!r} must be a string; found {type(text).__name__}: log `str(value)`")
    return Content(PLAIN.name, text.encode("utf-8", "backslashreplace"))


def checkpoint(tag: str, obj: Any) -> Content:
    """Pickle an object.

    Raises:
        UnpicklableError: It cannot be pickled.
    """
    import cloudpickle

    try:
        return Content(PICKLE.name, cloudpickle.dumps(obj, protocol=pickle.HIGHEST_PROTOCOL))
    except Exception as error:  # reducers are user code
        raise unpicklable(f"the checkpoint {tag!r}", error) from error


def histogram(tag: str, values: Any, *, bins: int = 64) -> Content:
    """Count finite values in equal bins between the least and the greatest.

    Raises:
        TypeError: Some value is not a number, or *bins* is not an integer.
        ValueError: There are no bins.
    """
    if not hasattr(type(bins), "__index__"):
        raise TypeError(
            f"the histogram {tag!r} needs a number of equal bins; found bins={bins!r:.100}: give an integer"
        )
    count = index(bins)
    if count < 1:
        raise ValueError(f"the histogram {tag!r} needs at least one bin; found {count}")
    numbers = [number for number in _flat(tag, values) if math.isfinite(number)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    scale = _HALF if math.isinf(high - low) else 1.0
    low, high = _widened(low * scale, high * scale, count)
    width = (high - low) / count
    counts = [0] * count
    for number in numbers:
        counts[min(max(int((number * scale - low) / width), 0), count - 1)] += 1
    edges = [(low + width * edge) / scale for edge in range(count)] + [high / scale]
    return json_content({"edges": edges, "counts": counts})


def table(tag: str, table: Any) -> Content:
    """Bring a table into columns and rows.

    Raises:
        TypeError: It has none of the forms of a table.
        ValueError: Its columns differ in length.
    """
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        named_cells = _frame_columns(table)
    elif hasattr(table, "keys"):
        named_cells = [(name, list(table[name])) for name in table.keys()]  # noqa: SIM118
    else:
        named_cells = None
    if named_cells is not None:
        columns, cells = [str(name) for name, _ in named_cells], [values for _, values in named_cells]
        if len({len(values) for values in cells}) > 1:
            raise ValueError(f"the columns of the table {tag!r} have different lengths: {list(map(len, cells))}")
        return json_content({"columns": columns, "rows": [list(row) for row in zip(*cells, strict=True)]})
    if isinstance(table, (list, tuple)) and all(hasattr(row, "keys") for row in table):
        columns = list(dict.fromkeys(str(name) for row in table for name in row))
        named = [{str(name): value for name, value in row.items()} for row in table]
        return json_content({"columns": columns, "rows": [[row.get(name) for name in columns] for row in named]})
    raise TypeError(
        f"the table {tag!r} must be a DataFrame, a mapping of columns or a list of mappings; "
        f"found {type(table).__name__}"
    )


def _frame_columns(frame: Any) -> list[tuple[Any, list[Any]]]:
    """Return name and values of each column of a DataFrame; several may have the same name."""
    if hasattr(frame, "iloc"):
        return [(name, frame.iloc[:, column].tolist()) for column, name in enumerate(frame.columns)]
    return [(name, list(frame[name])) for name in frame.columns]


def hparams(_tag: str, hparams: Mapping[str, Any], *, metrics: Mapping[str, Any] | None = None) -> Content:
    """Keep names and values; what JSON does not know becomes text."""
    return json_content({"hparams": dict(hparams), "metrics": dict(metrics or {})})


def unpicklable(subject: str, error: Exception) -> UnpicklableError:
    """Return what a caller sees of an error while pickling."""
    return UnpicklableError(f"{subject} cannot be pickled: {type(error).__name__}: {error}")


def _flat(tag: str, values: Any) -> Iterable[float]:
    """Yield the numbers in an array, a tensor or nested lists."""
    values = on_host(values)
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, (list, tuple, range)):
        values = [values] if hasattr(type(values), "__float__") else list(values)
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(tag, value)
        else:
            try:
                yield float(value)
            except (TypeError, ValueError) as error:
                raise TypeError(f"the histogram {tag!r} must be of numbers; found {value!r:.100}") from error


def json_content(content: Mapping[str, Any]) -> Content:
    """Return a mapping as JSON; what JSON does not know becomes a number where it is one, else text."""
    text = json.dumps(content, default=_plain, ensure_ascii=False)
    return Content(JSON.name, text.encode("utf-8", "backslashreplace"))


def _widened(low: float, high: float, bins: int) -> tuple[float, float]:
    """Return bounds far enough apart for the edges between them to differ."""
    least = bins * math.ulp(max(abs(low), abs(high)))
    if high - low >= least and low != high:
        return low, high
    margin = max(least, 0.5) if low == high else least
    return max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max)


def _plain(value: Any) -> Any:
    numpy = find_loaded("numpy", "generic", "ndarray")
    if numpy and isinstance(value, (numpy.generic, numpy.ndarray)):
        return value.tolist()
    if hasattr(type(value), "__float__"):
        with suppress(Exception):  # a tensor of many numbers, for one
            return float(value)
    return str(value)
