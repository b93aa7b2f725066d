"""Items in the shape of the sweep that made them. Owns indexing and selecting; does not know what the items are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

from pyexp.errors import ConfigError
from pyexp.tensor import coordinates as coords
from pyexp.tensor import grid, select
from pyexp.tensor.absent import HOLE, Absent
from pyexp.tensor.cells import Cells

if TYPE_CHECKING:
    from types import EllipsisType
    from typing import Self

    import pandas as pd

    from pyexp.tensor.grid import Selector

T = TypeVar("T")
U = TypeVar("U")

_SHOWN = 4


class Tensor(Cells[T]):
    """Items with a shape: configs on their way to the runs, results on their way back.

    It is a flat sequence (``t[3]``, ``len(t)``, ``for item in t``) in row-major order, and a grid
    (``t[0, 1]``, ``t[:, -1]``, ``t[..., 0]``), as in NumPy. ``t["name"]`` is the item of that name; ``t["glob*"]``,
    ``t[{"config.lr": 0.1}]`` and ``t[lambda item: …]`` are the tensor of those that match, whose shape is kept where
    they form a grid of their own.

    A grid may have holes, places without an item: the sequence knows the items only, ``t[i, j]`` returns an `Absent`
    there.

    Args:
        items: The items, in row-major order, `HOLE` where there is none.
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
    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice | Mapping[str, Any] | Callable[[T], Any]) -> Self: ...
    @overload
    def __getitem__(self, index: str | tuple[Any, ...] | EllipsisType) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            taken = select.by_name(self._items, index)
            return self._items[taken] if isinstance(taken, int) else self._matching(taken)
        if isinstance(index, Mapping) or callable(index):
            return self._matching(self._chosen(index))
        if index is ... or isinstance(index, tuple):
            parts = index if isinstance(index, tuple) else (index,)
            selectors = grid.resolve(parts, self._shape)
            only_integers = ... not in parts and all(isinstance(selector, int) for selector in selectors)
            return self._at(selectors) if only_integers else self._pick(selectors)
        if isinstance(index, slice):
            return self._flat(range(len(self))[index])
        position = grid.integer(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} is out of range for {len(self)} items")
        return self._items[position]

    def _chosen(self, condition: Any) -> list[int]:
        """Return the items, by number, that meet a query or a function."""
        if isinstance(condition, Mapping):
            return select.by_query(self._items, condition)
        return [number for number, item in enumerate(self._items) if condition(item)]

    def _flat(self, taken: Iterable[int]) -> Self:
        """Return the items of these numbers in one dimension."""
        if len(self._shape) == 1:
            return self._pick([[self._place(number) for number in taken]])
        return type(self)(self._items[number] for number in taken)

    def _at(self, selectors: Sequence[Selector]) -> Any:
        """Return the item at one place, or its placeholder."""
        cell = self._cell(grid.positions(selectors, self._shape)[0])
        if cell is not HOLE:
            return cell
        axes = zip(self._axes.items(), selectors, strict=True)
        return Absent({name: values[step] for (name, values), step in axes if isinstance(step, int)})

    def _pick(self, selectors: Sequence[Selector]) -> Self:
        axes = {
            name: [coordinates[position] for position in selector]
            for (name, coordinates), selector in zip(self._axes.items(), selectors, strict=True)
            if not isinstance(selector, int)
        }
        picked = [self._cell(position) for position in grid.positions(selectors, self._shape)]
        return type(self)(picked, [len(coordinates) for coordinates in axes.values()], axes)

    def _matching(self, taken: list[int]) -> Self:
        """Return exactly the items of these numbers: as a grid if they form one, else flat."""
        holes = [] if self._places is None else [place for place, cell in enumerate(self.cells()) if cell is HOLE]
        selectors = grid.subgrid([self._place(number) for number in taken], self._shape, holes)
        return type(self)(self._items[number] for number in taken) if selectors is None else self._pick(selectors)

    def where(self, condition: Callable[[T], Any] | Mapping[str, Any]) -> Self:
        """Return the items that meet *condition*, a function or a query, in their places; the others become holes.

        Example:
            >>> t = Tensor([1, 2, 3, 4], (2, 2)).where(lambda item: item != 3)
            >>> t.shape, list(t), t[1, 0].status
            ((2, 2), [1, 2, 4], 'absent')
        """
        kept = set(self._chosen(condition))
        cells = [item if number in kept else HOLE for number, item in enumerate(self._items)]
        return type(self)(self._laid_out(cells), self._shape, self._axes)

    def sel(self, coordinates: Mapping[str, Any] | None = None, /, **by_name: Any) -> Any:
        """Select by coordinates: a value drops its axis, a list of values keeps it.

        An axis with a dotted name may be named by its end, if no other has that end.

        Args:
            coordinates: Wanted coordinates by axis.
            **by_name: The same as keywords.

        Returns:
            A tensor, or the item itself when every axis was dropped.

        Example:
            >>> t = Tensor("abcd", (2, 2), {"lr": [0.1, 0.2], "model.width": [8, 16]})
            >>> t.sel({"model.width": 16}).axes
            {'lr': [0.1, 0.2]}
            >>> t.sel(width=16, lr=0.1)
            'b'
            >>> list(t.sel(lr=[0.2]))
            ['c', 'd']

        Raises:
            SelectionError: There is no such axis, or no such coordinate on it.
        """
        wanted = {**(coordinates or {}), **by_name}
        selectors = coords.selectors(self._axes, wanted)
        if wanted and all(isinstance(selector, int) for selector in selectors):
            return self._at(selectors)
        return self._pick(selectors)

    def squeeze(self) -> Self:
        """Return the same items without the axes of length 1.

        Example:
            >>> Tensor("ab", (1, 2, 1)).squeeze().shape
            (2,)
        """
        return self._pick([0 if length == 1 else range(length) for length in self._shape])

    def item(self) -> T:
        """Return the one item of a tensor that has just one.

        Example:
            >>> Tensor([{"name": "a"}], (1, 1)).item()
            {'name': 'a'}

        Raises:
            ValueError: It has none, or several.
        """
        if len(self) != 1:
            raise ValueError(f"tensor of shape {self._shape} has {len(self)} items: item() is for exactly one")
        return self._items[0]

    def tolist(self) -> Any:
        """Return the items in lists nested as deep as the shape, as NumPy does; None at a hole.

        Example:
            >>> Tensor([1, 2, 3, 4], (2, 2)).tolist()
            [[1, 2], [3, 4]]
        """
        from pyexp.tensor.arrays import to_nested_lists

        return to_nested_lists(self.cells(), self._shape)

    def with_items(self, items: Iterable[U]) -> Tensor[U]:
        """Return a tensor of other items in the places of these: the same shape, axes and holes.

        Example:
            >>> Tensor(["a", HOLE, "b"]).with_items([1, 2]).cells()
            [1, HOLE, 2]

        Raises:
            ConfigError: There are more items than places, or fewer.
        """
        given = list(items)
        if len(given) != len(self):
            raise ConfigError(f"tensor has places for {len(self)} items, but {len(given)} are given")
        return Tensor(self._laid_out(given), self._shape, self._axes)

    def map(self, function: Callable[[T], U]) -> Tensor[U]:
        """Return the tensor of ``function(item)``, of the same shape, axes and holes.

        Example:
            >>> Tensor([1, 2], (2, 1)).map(str)[1, 0]
            '2'
        """
        return self.with_items(map(function, self._items))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("a tensor cannot become an array without a copy: leave out copy=False")
        from pyexp.tensor.arrays import to_array

        return to_array(self._items, self._places, self._shape, dtype)

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
                of the item. Items that lack it, and runs that did not pass, become nan among numbers, and otherwise
                None or nan, both of which xarray treats as missing.

        Example:
            >>> Tensor([{"a": 1}, {"a": 2}], (2,), {"lr": [0.1, 0.2]}).to_xarray("a").sel(lr=0.2).item()
            2

        Raises:
            MissingExtraError: xarray is not installed.
            SelectionError: No item has *key*.
        """
        from pyexp.tensor.frames import to_xarray

        return to_xarray(self, key)

    if not TYPE_CHECKING:  # with it, a type checker would accept any attribute

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # copy, pickle and notebooks only probe
                raise AttributeError(name)
            raise AttributeError(select.no_attribute(name, self._items, dir(type(self))), name=name, obj=self)

    def __repr__(self) -> str:
        shown = ", ".join(repr(select.name_of(item) or item) for item in self._items[:_SHOWN])
        more = ", …" if len(self) > _SHOWN else ""
        return f"Tensor(shape={self._shape}, axes={tuple(self._axes)}, items=[{shown}{more}])"

    def _repr_html_(self) -> str:
        from pyexp.tensor.html import tensor_html

        return tensor_html(self)
