"""Numbers over the axes of a sweep. Owns the formulas and what is left out of them; knows no files."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pyexp._optional import import_extra
from pyexp.config.values import is_same
from pyexp.errors import DamagedFileError, SelectionError
from pyexp.results.measures import By, Key, measure, measure_all
from pyexp.tensor import select
from pyexp.tensor.coordinates import axis_named
from pyexp.tensor.frames import labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.tensor.tensor import Tensor

Over: TypeAlias = "str | Sequence[str] | None"


def best(results: Tensor[Any], key: Key, mode: Literal["max", "min"], by: By) -> Any:
    """Return the run whose number under *key* is the greatest, or the least.

    Raises:
        SelectionError: *mode* is neither, or no run has a number there.
    """
    if mode not in ("max", "min"):
        raise SelectionError(f"mode is {mode!r}: the best is the 'max' or the 'min'")
    numbers = measure(results, key, by)
    known = [place for place, number in enumerate(numbers) if not math.isnan(number)]
    if not known:
        raise SelectionError(
            f"no run that passed has a number under {key!r}: there is no best among {len(results)} runs"
        )
    choose: Callable[..., int] = max if mode == "max" else min
    return results.cells()[choose(known, key=numbers.__getitem__)]


def aggregate(results: Tensor[Any], statistic: str, key: Key | None, over: Over) -> Any:
    """Return a statistic over some axes, as a ``DataArray`` over those that stay, or a ``Dataset`` of all keys.

    Raises:
        MissingExtraError: xarray is not installed.
        SelectionError: There is no such key or axis.
    """
    xarray = import_extra("xarray", "analysis", f"results.{statistic}()")
    names = list(results.axes)
    taken = {axis_named(name, names) for name in _listed(over, names)}
    columns = {key: measure(results, key)} if key is not None else measure_all(results)
    axes = results.axes
    kept = {axis: labels(coordinates) for axis, coordinates in axes.items() if axis not in taken}
    dimensions = tuple(place for place, axis in enumerate(axes) if axis in taken)
    arrays = {
        name: xarray.DataArray(
            _reduced(numbers, results.shape, dimensions, statistic),
            dims=list(kept),
            coords=kept,
            name=name if isinstance(name, str) else None,
        )
        for name, numbers in columns.items()
    }
    return arrays[key] if key is not None else xarray.Dataset(arrays)


def _listed(over: Over, names: list[str]) -> list[str]:
    if over is None:
        return names
    return [over] if isinstance(over, str) else list(over)


def _reduced(numbers: list[float], shape: tuple[int, ...], axis: tuple[int, ...], statistic: str) -> Any:
    np = import_extra("numpy", "analysis", f"results.{statistic}()")
    return reduce(np, np.array(numbers, dtype=float).reshape(shape), axis, statistic)


def reduce(np: Any, values: Any, axis: tuple[int, ...], statistic: str) -> Any:
    """Return a statistic of an array of floats along some axes, nan left out.

    ``mean`` and ``std`` are those of NumPy (ddof=0), ``sem`` is that of SciPy (the standard deviation with ddof=1 over
    the root of the count), all in two passes; nan where too few numbers are left.

    Example:
        >>> import numpy as np
        >>> reduce(np, np.array([[1.0, 3.0], [5.0, np.nan]]), (1,), "mean").tolist()
        [2.0, 5.0]
    """
    return _STATISTICS[statistic](np, values, axis)


def _count(np: Any, values: Any, axis: tuple[int, ...]) -> Any:
    return (~np.isnan(values)).sum(axis=axis)


def _mean(np: Any, values: Any, axis: tuple[int, ...]) -> Any:
    return _over(np, np.where(np.isnan(values), 0.0, values).sum(axis=axis), _count(np, values, axis))


def _std(np: Any, values: Any, axis: tuple[int, ...], ddof: int = 0) -> Any:
    with np.errstate(invalid="ignore"):  # infinite numbers have no deviation
        deviations = values - np.expand_dims(_mean(np, values, axis), axis)
        squares = np.where(np.isnan(values), 0.0, deviations**2).sum(axis=axis)
    return np.sqrt(_over(np, squares, _count(np, values, axis) - ddof))


def _sem(np: Any, values: Any, axis: tuple[int, ...]) -> Any:
    return _std(np, values, axis, ddof=1) / np.sqrt(np.maximum(_count(np, values, axis), 1))


def _over(np: Any, sums: Any, counts: Any) -> Any:
    """Return the quotients; nan where nothing was counted."""
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


_STATISTICS: Final = {"count": _count, "mean": _mean, "std": _std, "sem": _sem}


def groups(results: Tensor[Any], name: str) -> Iterator[tuple[Any, Tensor[Any]]]:
    """Yield a coordinate and the runs there, for each on an axis; else for each value of a config key.

    Raises:
        SelectionError: There is no such axis, and no config has such a key.
    """
    try:
        axis = axis_named(name, results.axes)
    except SelectionError:
        yield from _groups_by_value(results, name)
        return
    place = list(results.axes).index(axis)
    for step, coordinate in enumerate(results.axes[axis]):
        index = (*[slice(None)] * place, step, ...)
        if len(group := results[index]):
            yield coordinate, group


def _groups_by_value(results: Tensor[Any], name: str) -> Iterator[tuple[Any, Tensor[Any]]]:
    key = name if name.partition(".")[0] in ("config", "cfg") else f"config.{name}"
    results[{key: lambda _: False}]  # its error names the nearest key
    values: list[Any] = []
    for item in results:
        value = _config_value(item, key)
        if value is not select.MISSING and not any(is_same(value, known) for known in values):
            values.append(value)
    for value in values:
        yield value, results[partial(_has_value, key, value)]


def _has_value(key: str, value: Any, item: Any) -> bool:
    return is_same(_config_value(item, key), value)


def _config_value(item: Any, key: str) -> Any:
    try:
        return select.look_up(item, key)
    except DamagedFileError:
        return select.MISSING
