"""Axes by name and places by coordinate. Owns what a name and a coordinate mean; knows no items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp.config.suggestion import nearest
from pyexp.config.values import is_same
from pyexp.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyexp.tensor.grid import Selector


def axis_named(name: Any, axes: Collection[str]) -> str:
    """Return the axis that *name* means: its whole name, or an end of it that no other has.

    Example:
        >>> axis_named("width", ["lr", "model.width"])
        'model.width'

    Raises:
        SelectionError: There is no such axis, or there are several.
    """
    if name in axes:
        return str(name)
    ending = [axis for axis in axes if axis.endswith(f".{name}")]
    if len(ending) > 1:
        raise SelectionError(f"axis {name!r} may be {' or '.join(map(repr, ending))}: write the whole name")
    if not ending:
        raise SelectionError(f"tensor has no axis {name!r}: {nearest(str(name), axes)}")
    return ending[0]


def selectors(axes: Mapping[str, Sequence[Any]], wanted: Mapping[str, Any]) -> list[Selector]:
    """Return what *wanted*, coordinates by axis, selects on each axis; all of an axis that is not in it.

    Example:
        >>> selectors({"lr": [0.1, 0.2], "model.width": [8, 16]}, {"width": 16})
        [range(0, 2), 1]

    Raises:
        SelectionError: There is no such axis, or no such coordinate on it, or an axis is named twice.
    """
    by_axis: dict[str, Any] = {}
    for name, value in wanted.items():
        axis = axis_named(name, axes)
        if axis in by_axis:
            raise SelectionError(f"axis {axis!r} is named twice in {list(wanted)!r}: name it once")
        by_axis[axis] = value
    return [
        _places(axis, values, by_axis[axis]) if axis in by_axis else range(len(values)) for axis, values in axes.items()
    ]


def _places(axis: str, coordinates: Sequence[Any], wanted: Any) -> Selector:
    """Return where *wanted* lies on an axis: an int for one coordinate, a list for a list of them."""
    if isinstance(wanted, list) and not any(is_same(coordinate, wanted) for coordinate in coordinates):
        return [_place(axis, coordinates, value) for value in wanted]
    return _place(axis, coordinates, wanted)


def _place(axis: str, coordinates: Sequence[Any], wanted: Any) -> int:
    places = [place for place, coordinate in enumerate(coordinates) if is_same(coordinate, wanted)]
    if not places:
        raise SelectionError(f"axis {axis!r} has no coordinate {wanted!r}: it has {repr(list(coordinates))[1:-1]:.200}")
    if len(places) > 1:
        raise SelectionError(f"axis {axis!r} has {wanted!r} {len(places)} times: select by position")
    return places[0]
