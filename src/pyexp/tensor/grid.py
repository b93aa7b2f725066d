"""Arithmetic of shapes. Owns flat positions, index expressions and sub-grids; knows no items, names or coordinates."""

from __future__ import annotations

import operator
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    Shape: TypeAlias = tuple[int, ...]
    Selector: TypeAlias = int | Sequence[int]
    """What is selected in one dimension: an int drops the dimension, a sequence keeps it."""


def resolve(index: tuple[Any, ...], shape: Shape) -> list[Selector]:
    """Turn an index expression into one selector per dimension, as NumPy's basic indexing reads it.

    Example:
        >>> resolve((..., -1), (2, 3))
        [range(0, 2), 2]

    Raises:
        IndexError: An index is out of range, there are too many, or several ellipses.
        TypeError: A part is neither an integer, a slice nor an ellipsis.
    """
    ellipses = sum(part is ... for part in index)
    given = len(index) - ellipses
    if ellipses > 1:
        raise IndexError(f"index {index!r} has {ellipses} ellipses: one is allowed")
    if given > len(shape):
        raise IndexError(f"index {index!r} has {given} parts for a tensor of {len(shape)} dimensions, shape {shape}")
    whole = [slice(None)] * (len(shape) - given)
    place = next((place for place, part in enumerate(index) if part is ...), len(index))
    parts = [*index[:place], *whole, *index[place + 1 :]]
    return [_selector(part, dimension, shape[dimension]) for dimension, part in enumerate(parts)]


def _selector(part: Any, dimension: int, length: int) -> Selector:
    if isinstance(part, slice):
        return range(length)[part]
    position = integer(part)
    if not -length <= position < length:
        raise IndexError(f"index {position} is out of range for dimension {dimension} of length {length}")
    return position % length


def integer(part: Any) -> int:
    """Return *part* as an int.

    Example:
        >>> integer(3)
        3

    Raises:
        TypeError: It is not an integer; neither is a bool.
    """
    if isinstance(part, bool) or not hasattr(part, "__index__"):
        raise TypeError(
            f"tensor index {part!r} ({type(part).__name__}) is not understood: "
            "write integers, slices and '...', a name or glob, or a dict of values"
        )
    return operator.index(part)


def positions(selectors: Sequence[Selector], shape: Shape) -> list[int]:
    """Return the flat positions that *selectors* select, in row-major order.

    Example:
        >>> positions([range(2), 1], (2, 3))
        [1, 4]
    """
    flat = [0]
    for selector, length in zip(selectors, shape, strict=True):
        taken = (selector,) if isinstance(selector, int) else selector
        flat = [start * length + step for start in flat for step in taken]
    return flat


def subgrid(taken: Sequence[int], shape: Shape, holes: Sequence[int] = ()) -> list[list[int]] | None:
    """Return the indices per dimension whose product is exactly *taken*, except for *holes*; None if there are none.

    Example:
        >>> subgrid([1, 4], (2, 3)), subgrid([0, 4], (2, 3)), subgrid([0, 4], (2, 3), holes=[1, 3])
        ([[0, 1], [1]], None, [[0, 1], [0, 1]])
    """
    if not taken:
        return None
    selectors: list[list[int]] = []
    rest = taken
    for length in reversed(shape):
        selectors.append(sorted({position % length for position in rest}))
        rest = [position // length for position in rest]
    selectors.reverse()
    count = prod(map(len, selectors))
    if count != len(taken) and holes:
        count -= len(set(positions(selectors, shape)).intersection(holes))
    return selectors if count == len(taken) else None
