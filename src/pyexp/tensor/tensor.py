"""Items in the shape of the sweep that made them. Owns shape, axes and indexing; refuses to know what the items are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

from pyexp._optional import import_extra
from pyexp.config.suggestion import nearest
from pyexp.config.values import is_same
from pyexp.errors import ConfigError, SelectionError
from pyexp.tensor import grid, select

if TYPE_CHECKING:
    from types import EllipsisType

    import pandas as pd

    from pyexp.tensor.grid import Selector, Shape

T = TypeVar("T")
U = TypeVar("U")

_SHOWN = 4


class Tensor(Sequence[T]):
    """Items with a shape: configs on their way to the runs, results on their way back.

    It is a flat sequence (``t[3]``, ``len(t)``, ``for item in t``) in row-major order, and a grid
    (``t[0, 1]``, ``t[:, -1]``, ``t[..., 0]``), as in NumPy. ``t["name"]`` is the item of that name, ``t["glob*"]`` and
    ``t[{"config.lr": 0.1}]`` the tensor of those that match, whose shape is kept where they form a grid of their own.

    Args:
        items: The items, in row-major order.
        shape: The length of each dimension; one dimension when not given.
        axes: A name and the coordinates of each dimension; ``axis<N>`` and positions when not given.

    Example:
        >>> t = Tensor([{"name": "a", "lr": 1}, {"name": "b", "lr": 2}], shape=(1, 2), axes={"run": [0], "lr": [1, 2]})
        >>> t[0, 1]["name"], t["a"]["lr"], t[{"lr": 2}].shape
        ('b', 1, (1, 1))
        >>> t.sel(lr=2).shape
        (1,)

    Raises:
        ConfigError: *shape* or *axes* do not fit the number of items.
    """

    __module__ = "pyexp"  # where pickles look for it, wherever it moves
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("_axes", "_items", "_shape")

    def __init__(
        self,
        items: Iterable[T],
        shape: Sequence[int] | None = None,
        axes: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self._items = list(items)
        self._shape: Shape = (len(self._items),) if shape is None else tuple(map(grid.integer, shape))
        if any(length < 0 for length in self._shape) or prod(self._shape) != len(self._items):
            raise ConfigError(
                f"tensor shape {self._shape} holds {prod(self._shape)} items, but {len(self._items)} are given"
            )
        if axes is None:
            axes = {f"axis{dimension}": range(length) for dimension, length in enumerate(self._shape)}
        self._axes = {name: list(coordinates) for name, coordinates in axes.items()}
        if tuple(map(len, self._axes.values())) != self._shape:
            lengths = {name: len(coordinates) for name, coordinates in self._axes.items()}
            raise ConfigError(
                f"tensor axes of lengths {lengths} do not fit the shape {self._shape}: one axis per dimension"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self._shape

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The coordinates of each dimension by its name, in the order of the dimensions."""
        return {name: list(coordinates) for name, coordinates in self._axes.items()}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice | Mapping[str, Any]) -> Tensor[T]: ...
    @overload
    def __getitem__(self, index: str | tuple[Any, ...] | EllipsisType) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            taken = select.by_name(self._items, index)
            return self._items[taken] if isinstance(taken, int) else self._matching(taken)
        if isinstance(index, Mapping):
            return self._matching(select.by_query(self._items, index))
        if index is ... or isinstance(index, tuple):
            parts = index if isinstance(index, tuple) else (index,)
            selectors = grid.resolve(parts, self._shape)
            only_integers = ... not in parts and all(isinstance(selector, int) for selector in selectors)
            return self._items[grid.positions(selectors, self._shape)[0]] if only_integers else self._pick(selectors)
        if isinstance(index, slice):
            return self._pick([range(len(self))[index]]) if len(self._shape) == 1 else Tensor(self._items[index])
        position = grid.integer(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} is out of range for {len(self)} items")
        return self._items[position]

    def _pick(self, selectors: Sequence[Selector]) -> Tensor[T]:
        axes = {
            name: [coordinates[position] for position in selector]
            for (name, coordinates), selector in zip(self._axes.items(), selectors, strict=True)
            if not isinstance(selector, int)
        }
        items = [self._items[position] for position in grid.positions(selectors, self._shape)]
        return Tensor(items, [len(coordinates) for coordinates in axes.values()], axes)

    def _matching(self, taken: list[int]) -> Tensor[T]:
        """Exactly the items at *taken*: as a grid where they are one, else flat."""
        selectors = grid.subgrid(taken, self._shape)
        return Tensor(self._items[position] for position in taken) if selectors is None else self._pick(selectors)

    def sel(self, coordinates: Mapping[str, Any] | None = None, /, **by_name: Any) -> Any:
        """Select by coordinates: a value drops its axis, a list of values keeps it.

        Args:
            coordinates: Wanted coordinates by axis, for axes whose name is no Python name.
            **by_name: The same as keywords.

        Returns:
            A tensor, or the item itself when every axis was dropped.

        Example:
            >>> t = Tensor("abcd", (2, 2), {"lr": [0.1, 0.2], "model.width": [8, 16]})
            >>> t.sel({"model.width": 16}).axes
            {'lr': [0.1, 0.2]}
            >>> t.sel({"model.width": 16}, lr=0.1)
            'b'
            >>> list(t.sel(lr=[0.2]))
            ['c', 'd']

        Raises:
            SelectionError: There is no such axis, or no such coordinate on it.
        """
        wanted = {**(coordinates or {}), **by_name}
        for name in wanted:
            if name not in self._axes:
                raise SelectionError(f"tensor has no axis {name!r}: {nearest(str(name), self._axes)}")
        selectors: list[Selector] = [
            _places(name, values, wanted[name]) if name in wanted else range(len(values))
            for name, values in self._axes.items()
        ]
        if wanted and all(isinstance(selector, int) for selector in selectors):
            return self._items[grid.positions(selectors, self._shape)[0]]
        return self._pick(selectors)

    def map(self, function: Callable[[T], U]) -> Tensor[U]:
        """Return the tensor of ``function(item)``, of the same shape and axes.

        Example:
            >>> Tensor([1, 2], (2, 1)).map(str)[1, 0]
            '2'
        """
        return Tensor(map(function, self._items), self._shape, self._axes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("a tensor cannot become an array without a copy: leave out copy=False")
        np = import_extra("numpy", "analysis", "numpy.asarray(tensor)")
        try:
            array = np.array(self._items, dtype=dtype)
        except ValueError:
            if dtype is not None:
                raise
            array = np.empty(len(self._items), dtype=object)  # sequences of different lengths stay objects
            array[:] = self._items
        return array.reshape(self._shape + array.shape[1:])

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame with one row per item: name, status, duration, flattened config and result.

        Example:
            >>> Tensor([{"name": "a", "model": {"width": 8}}]).to_dataframe().to_dict("records")
            [{'name': 'a', 'model.width': 8}]

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from pyexp.tensor.frames import to_dataframe

        return to_dataframe(self)

    def to_xarray(self, key: str | Callable[[T], Any]) -> Any:
        """Return an xarray ``DataArray`` of one value per item, with the axes as dimensions and coordinates.

        Args:
            key: A key as in queries (``"result.accuracy"``, ``"config.lr"``), a bare key of the result, or a function
                of the item. Items that lack it, and runs that did not pass, give nan among numbers, and otherwise None
                or nan, which xarray both takes for missing.

        Example:
            >>> Tensor([{"a": 1}, {"a": 2}], (2,), {"lr": [0.1, 0.2]}).to_xarray("a").sel(lr=0.2).item()
            2

        Raises:
            MissingExtraError: xarray is not installed.
            SelectionError: No item has *key*.
        """
        from pyexp.tensor.frames import to_xarray

        return to_xarray(self, key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        return self._shape == other._shape and self._items == other._items

    def __repr__(self) -> str:
        shown = ", ".join(repr(select.name_of(item) or item) for item in self._items[:_SHOWN])
        more = ", …" if len(self) > _SHOWN else ""
        return f"Tensor(shape={self._shape}, axes={tuple(self._axes)}, items=[{shown}{more}])"


def _places(axis: str, coordinates: list[Any], wanted: Any) -> Selector:
    """Where *wanted* lies on an axis: an int for one coordinate, a list for a list of them."""
    if isinstance(wanted, list) and not any(is_same(coordinate, wanted) for coordinate in coordinates):
        return [_place(axis, coordinates, value) for value in wanted]
    return _place(axis, coordinates, wanted)


def _place(axis: str, coordinates: list[Any], wanted: Any) -> int:
    places = [place for place, coordinate in enumerate(coordinates) if is_same(coordinate, wanted)]
    if not places:
        raise SelectionError(f"axis {axis!r} has no coordinate {wanted!r}: it has {repr(coordinates)[1:-1]:.200}")
    if len(places) > 1:
        raise SelectionError(f"axis {axis!r} has {wanted!r} {len(places)} times: select by position")
    return places[0]
