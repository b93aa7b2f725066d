"""Two tensors as one. Owns how axes are joined; knows no items."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

from pyexp.config.values import is_same
from pyexp.errors import ConfigError
from pyexp.tensor.absent import HOLE
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


def concat(first: Tensor[T], second: Tensor[T], axis: str) -> Tensor[T]:
    """Return the items of two tensors in one, *second* behind *first* along *axis*.

    A tensor without that axis lies at the coordinate None of the other's; where neither has it, they lie at 0 and 1 of
    a new first axis. The other axes get the coordinates of both; places that neither fills are holes.

    Args:
        first: A tensor.
        second: A tensor with the same other axes.
        axis: The name of the axis to join along.

    Example:
        >>> both = concat(Tensor("ab", (2,), {"lr": [1, 2]}), Tensor("cd", (2,), {"lr": [2, 3]}), "seed")
        >>> both.axes, both.tolist()
        ({'seed': [0, 1], 'lr': [1, 2, 3]}, [['a', 'b', None], [None, 'c', 'd']])

    Raises:
        ConfigError: The other axes differ.
    """
    _check(first, second, axis)
    order = _order(first.axes, second.axes, axis)
    is_new = axis not in first.axes and axis not in second.axes
    alone: list[list[Any]] = [[0], [1]] if is_new else [[None], [None]]
    along: list[list[Any]] = [tensor.axes.get(axis, own) for tensor, own in zip((first, second), alone, strict=True)]
    axes = {name: along[0] + along[1] if name == axis else _union(name, first, second) for name in order}
    cells: list[Any] = [HOLE] * prod(map(len, axes.values()))
    starts = range(len(along[0])), range(len(along[0]), len(axes[axis]))
    for tensor, steps in zip((first, second), starts, strict=True):
        for place, cell in zip(_places(tensor, axes, axis, steps), tensor.cells(), strict=True):
            cells[place] = cell
    kind = type(first) if type(first) is type(second) else Tensor
    return kind(cells, tuple(map(len, axes.values())), axes)


def _check(first: Tensor[T], second: Tensor[T], axis: str) -> None:
    for role, tensor in (("first", first), ("second", second)):
        if not isinstance(tensor, Tensor):
            raise ConfigError(f"concat: {role} is {tensor!r:.80} ({type(tensor).__name__}), not a Tensor")
    if not isinstance(axis, str) or not axis:
        raise ConfigError(f"concat: axis is {axis!r}, not a name: give a non-empty string")


def _order(first: Mapping[str, Any], second: Mapping[str, Any], axis: str) -> list[str]:
    """Return the axes of the whole: in the order of the first tensor that has *axis*, else *axis* before the others."""
    others = [name for name in first if name != axis]
    if set(others) != {name for name in second if name != axis}:
        raise ConfigError(
            f"concat: the axes other than {axis!r} are {others} and {[name for name in second if name != axis]}: "
            "they must be the same"
        )
    return list(first) if axis in first else list(second) if axis in second else [axis, *others]


def _union(name: str, first: Tensor[Any], second: Tensor[Any]) -> list[Any]:
    """Return the coordinates of both on an axis, those of *first* first."""
    values = first.axes[name]
    if len(second.axes[name]) == len(values) and all(map(is_same, values, second.axes[name])):
        return values
    return values + [value for value in second.axes[name] if not any(is_same(value, known) for known in values)]


def _places(tensor: Tensor[Any], axes: Mapping[str, list[Any]], axis: str, steps: range) -> list[int]:
    """Return where the cells of *tensor*, in their order, lie in the whole; along *axis* they are at *steps*."""
    names = list(axes)
    strides = {name: prod(len(axes[later]) for later in names[place + 1 :]) for place, name in enumerate(names)}
    places = [0] if axis in tensor.axes else [strides[axis] * steps[0]]
    for name, values in tensor.axes.items():
        taken = steps if name == axis else _steps(name, values, axes[name])
        places = [place + strides[name] * step for place in places for step in taken]
    return places


def _steps(name: str, values: list[Any], known: list[Any]) -> Sequence[int]:
    if all(map(is_same, values, known)):
        return range(len(values))
    steps = [next(step for step, other in enumerate(known) if is_same(value, other)) for value in values]
    if len(set(steps)) != len(steps):
        raise ConfigError(
            f"concat: axis {name!r} has a coordinate twice, so its items cannot be placed: {values!r:.200}"
        )
    return steps
