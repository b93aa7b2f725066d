"""What runs were set to: coordinates, or values of their configs. Owns which settings vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp.config.html import flatten
from pyexp.config.suggestion import nearest
from pyexp.config.values import is_same
from pyexp.errors import SelectionError
from pyexp.tensor import select
from pyexp.tensor.absent import HOLE
from pyexp.tensor.coordinates import axis_named

if TYPE_CHECKING:
    from pyexp.tensor.tensor import Tensor

_GIVEN_NAMES = ("name", "out")


def setting(results: Tensor[Any], name: str) -> list[Any]:
    """Return for each place the coordinate on the axis *name*, or the run's config value; None where there is none.

    Raises:
        SelectionError: There is neither such an axis nor such a key.
    """
    try:
        return coordinates(results, axis_named(name, results.axes))
    except SelectionError:
        pass
    values = [select.MISSING if cell is HOLE else select.look_up(cell, _config_key(name)) for cell in results.cells()]
    if all(value is select.MISSING for value in values):
        known = [*results.axes, *(key for item in list(results)[:1] for key, _ in flatten(item.config))]
        raise SelectionError(f"no axis and no config key is {name!r}: {nearest(name, known)}")
    return [None if value is select.MISSING else value for value in values]


def coordinates(results: Tensor[Any], axis: str) -> list[Any]:
    """Return for each place its coordinate on *axis*."""
    axes = results.axes
    place = list(axes).index(axis)
    stride = 1
    for length in results.shape[place + 1 :]:
        stride *= length
    values = axes[axis]
    return [values[flat // stride % len(values)] for flat in range(len(results.cells()))]


def varying(results: Tensor[Any]) -> list[str]:
    """Return the settings that differ between runs: the axes; of a plain list of configs, the keys of the configs."""
    axes = [axis for axis, values in results.axes.items() if len(values) > 1]
    if len(results.axes) > 1 or not len(results):
        return axes
    rows = [dict(flatten(item.config)) for item in results]
    keys = dict.fromkeys(key for row in rows for key in row if key not in _GIVEN_NAMES)
    return [key for key in keys if any(not is_same(row.get(key), rows[0].get(key)) for row in rows)] or axes


def _config_key(name: str) -> str:
    return name if name.partition(".")[0] in ("config", "cfg") else f"config.{name}"
