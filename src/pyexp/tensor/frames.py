"""Tensors as tables and labelled arrays. Owns columns and dimensions; imports pandas and xarray only when needed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pyexp._optional import import_extra
from pyexp.config.suggestion import nearest
from pyexp.config.values import from_numpy
from pyexp.errors import DamagedFileError, SelectionError
from pyexp.tensor import select
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


_RUN_COLUMNS = ("name", "status", "duration")
_NOT_CONFIG = ("name", "out")
_ATOMS = (str, int, float, bool)
_NUMBER_KINDS = "biufc"  # of NumPy's types


class Labelled(Protocol):
    """Items in a grid with named axes; a `Tensor` is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Coordinates of each dimension, by its name."""

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def cells(self) -> list[Any]:
        """Return the items in row-major order, `HOLE` where there is none."""


def to_dataframe(tensor: Labelled, more_columns: Callable[[Any], dict[str, Any]] | None = None) -> pd.DataFrame:
    """Return one row per item: name, status, duration, the config's values, the result's values.

    Nested values get dotted columns (``model.width``, ``result.accuracy``); results that are not mappings are the
    column ``result``. A config key that would share a column with those of the run becomes ``config.<key>``.
    *more_columns* returns further values of an item by column.

    Example:
        >>> from pyexp import Tensor
        >>> list(to_dataframe(Tensor([{"name": "a", "lr": 0.1, "status": "odd"}])).columns)
        ['name', 'lr', 'config.status']

    Raises:
        MissingExtraError: pandas is not installed.
    """
    pandas = import_extra("pandas", "analysis", "to_dataframe()")
    rows = [_row(item) for item in tensor]
    if more_columns is not None:
        rows = [row | more_columns(item) for row, item in zip(rows, tensor, strict=True)]
    frame: pd.DataFrame = pandas.DataFrame(rows)
    return frame


def _row(item: Any) -> dict[str, Any]:
    if isinstance(item, Mapping):
        return {"name": select.name_of(item), **_config_columns(item)}
    row = {column: getattr(item, column, None) for column in _RUN_COLUMNS}
    try:
        row |= _config_columns(item.config)
    except DamagedFileError as error:
        warnings.warn(f"the config columns of {row['name']!r} are left empty: {error}", stacklevel=5)
    result = result_of(item)
    if isinstance(result, Mapping):
        return row | _flatten(result, "result.")
    return row if result is None else row | {"result": result}


def _config_columns(config: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in config.items() if key not in _NOT_CONFIG}
    return {
        f"config.{column}" if column in _RUN_COLUMNS or column.partition(".")[0] == "result" else column: value
        for column, value in _flatten(values, "").items()
    }


def _flatten(values: Mapping[Any, Any], prefix: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            columns |= _flatten(value, f"{prefix}{key}.")
        else:
            columns[f"{prefix}{key}"] = value
    return columns


def to_xarray(tensor: Labelled, key: str | Callable[[Any], Any]) -> Any:
    """Return a ``DataArray`` of one value per item; see `pyexp.tensor.tensor.Tensor.to_xarray`.

    Example:
        >>> from pyexp import Tensor
        >>> to_xarray(Tensor([{"a": 1}, {}], (2,), {"lr": [0.1, 0.2]}), "a").values.tolist()
        [1.0, nan]

    Raises:
        MissingExtraError: xarray is not installed.
        SelectionError: No item has *key*.
    """
    xarray = import_extra("xarray", "analysis", "to_xarray()")
    values = [HOLE if cell is HOLE else value_of(cell, key) for cell in tensor.cells()]
    if isinstance(key, str) and len(tensor) and all(value is select.MISSING or value is HOLE for value in values):
        passed = next(filter(_has_passed, tensor), None)
        if passed is not None:
            raise SelectionError(f"key {key!r} is in no item: {nearest(key, select.known_keys(passed))}")
    axes = tensor.axes
    return xarray.DataArray(
        _array([None if value is select.MISSING or value is HOLE else value for value in values]).reshape(tensor.shape),
        dims=list(axes),
        coords={name: labels(coordinates) for name, coordinates in axes.items()},
        name=key if isinstance(key, str) else None,
    )


def _array(values: list[Any]) -> Any:
    """Return one entry per value: numbers, nan where one is missing; if other values are among them, objects, None."""
    np = import_extra("numpy", "analysis", "to_xarray()")
    if all(value is None or is_number(value) for value in values):
        return np.array([float("nan") if value is None else value for value in values])
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # as a whole, lists would become further dimensions
        array[place] = value
    return array


def is_number(value: Any) -> bool:
    """Return whether *value* is a number, including NumPy's and 0-d arrays.

    Example:
        >>> is_number(True), is_number("1")
        (True, False)
    """
    if isinstance(value, (int, float, complex)):
        return True
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return getattr(value, "shape", None) == () and kind in _NUMBER_KINDS and hasattr(value, "__float__")


def _has_passed(item: Any) -> bool:
    return isinstance(item, Mapping) or bool(getattr(item, "status", "passed") == "passed")


def value_of(item: Any, key: str | Callable[[Any], Any]) -> Any:
    """Return the value of *item* under *key*: its own, else that of its result, else that of its config.

    Example:
        >>> value_of({"model": {"width": 8}}, "model.width")
        8
    """
    if callable(key):
        return key(item) if _has_passed(item) else None
    try:
        value = select.look_up_own(item, key)
        if value is select.MISSING and isinstance(result := result_of(item), Mapping):
            value = select.look_up(result, key)
        return select.look_up(item, key) if value is select.MISSING else value
    except DamagedFileError as error:
        warnings.warn(f"{key!r} of {select.name_of(item)!r} is left empty: {error}", stacklevel=5)
        return None


def result_of(item: Any) -> Any:
    """Return the result of *item*, read without being kept where the item can do that; None without one.

    Example:
        >>> result_of({"lr": 0.1})
    """
    read = getattr(type(item), "read_result", None)
    return read(item) if read is not None else getattr(item, "result", None)


def labels(coordinates: list[Any]) -> list[Any]:
    """Return coordinates that an index can hold: numbers and strings as they are, all others of the axis as text.

    Example:
        >>> labels([1, None]), labels([1, 2])
        (['1', 'None'], [1, 2])
    """
    plain = [from_numpy(coordinate) for coordinate in coordinates]
    return plain if all(isinstance(coordinate, _ATOMS) for coordinate in plain) else [str(value) for value in plain]
