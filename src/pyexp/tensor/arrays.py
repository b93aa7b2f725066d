"""A tensor's items as a NumPy array or nested lists. Owns what fills a hole; NumPy is imported only when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.tensor.grid import Shape

_NUMBER_KINDS = "biufc"  # of NumPy's types


def to_array(items: Sequence[Any], places: Sequence[int] | None, shape: Shape, dtype: Any) -> Any:
    """Return *items* in an array of *shape*; they lie at the flat *places*, None when each place has one.

    A hole is nan among numbers, which are floats then, and None among other values.

    Example:
        >>> to_array([1, 2], [0, 3], (2, 2), None).tolist()
        [[1.0, nan], [nan, 2.0]]

    Raises:
        MissingExtraError: NumPy is not installed.
    """
    np = import_extra("numpy", "analysis", "numpy.asarray(tensor)")
    array = _flat(np, items, dtype)
    if places is not None:
        array = _spread(np, array, places, shape, dtype)
    return array.reshape(shape + array.shape[1:])


def _flat(np: Any, items: Sequence[Any], dtype: Any) -> Any:
    try:
        return np.array(list(items), dtype=dtype)
    except ValueError:
        if dtype is not None:
            raise
    array = np.empty(len(items), dtype=object)  # sequences of different lengths stay objects
    array[:] = items
    return array


def _spread(np: Any, array: Any, places: Sequence[int], shape: Shape, dtype: Any) -> Any:
    is_number = array.dtype.kind in _NUMBER_KINDS
    kind = np.result_type(array.dtype, float) if is_number else object
    spread = np.full((int(np.prod(shape)), *array.shape[1:]), np.nan if is_number else None, kind)
    spread[list(places)] = array
    return spread if dtype is None else spread.astype(dtype)


def to_nested_lists(cells: Sequence[Any], shape: Shape) -> Any:
    """Return *cells* in lists nested as deep as the shape, None at a hole; the one cell itself without dimensions.

    Example:
        >>> to_nested_lists(["a", "b", HOLE, "d"], (2, 2))
        [['a', 'b'], [None, 'd']]
    """
    if not shape:
        return None if cells[0] is HOLE else cells[0]
    length = len(cells) // shape[0] if shape[0] else 0
    parts = [cells[place * length : (place + 1) * length] for place in range(shape[0])]
    return [to_nested_lists(part, shape[1:]) for part in parts]
