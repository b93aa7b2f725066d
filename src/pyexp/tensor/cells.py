"""Items in the places of a grid. Owns shape, axes and holes; knows neither items nor how to select them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

from pyexp.errors import ConfigError
from pyexp.tensor import grid
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from pyexp.tensor.grid import Shape

T = TypeVar("T")
U = TypeVar("U")


class Cells(Sequence[T]):
    """What a `pyexp.tensor.tensor.Tensor` holds: items, and where in the grid each of them lies."""

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("_axes", "_items", "_places", "_shape")

    def __init__(
        self,
        items: Iterable[T],
        shape: Sequence[int] | None = None,
        axes: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        cells = list(items)
        self._shape: Shape = (len(cells),) if shape is None else tuple(map(grid.integer, shape))
        if any(length < 0 for length in self._shape) or prod(self._shape) != len(cells):
            raise ConfigError(f"tensor shape {self._shape} holds {prod(self._shape)} items, but {len(cells)} are given")
        if axes is None:
            axes = {f"axis{dimension}": range(length) for dimension, length in enumerate(self._shape)}
        self._axes = {name: list(coordinates) for name, coordinates in axes.items()}
        if tuple(map(len, self._axes.values())) != self._shape:
            lengths = {name: len(coordinates) for name, coordinates in self._axes.items()}
            raise ConfigError(
                f"tensor axes of lengths {lengths} do not fit the shape {self._shape}: one axis per dimension"
            )
        self._items = [cell for cell in cells if cell is not HOLE]
        # Where each item lies in the grid, in row-major order; None where there are no holes.
        self._places = (
            None if len(self._items) == len(cells) else [place for place, cell in enumerate(cells) if cell is not HOLE]
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self._shape

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The coordinates of each dimension by its name, in the order of the dimensions."""
        return {name: list(coordinates) for name, coordinates in self._axes.items()}

    def cells(self) -> list[T]:
        """Return what each place of the grid holds, in row-major order: an item, or `HOLE`.

        Example:
            >>> from pyexp import Tensor
            >>> Tensor(["a", HOLE], (1, 2)).cells()
            ['a', HOLE]
        """
        return self._laid_out(self._items)

    def _laid_out(self, items: list[U]) -> list[U]:
        if self._places is None:
            return list(items)
        cells = [HOLE] * prod(self._shape)
        for place, item in zip(self._places, items, strict=True):
            cells[place] = item
        return cells

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def _cell(self, place: int) -> T:
        """Return the item at a flat place, or `HOLE`."""
        if self._places is None:
            return self._items[place]
        number = bisect_left(self._places, place)
        is_there = number < len(self._places) and self._places[number] == place
        return self._items[number] if is_there else HOLE

    def _place(self, number: int) -> int:
        return number if self._places is None else self._places[number]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cells):
            return NotImplemented
        return self._shape == other._shape and self._places == other._places and self._items == other._items

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        self._places = None  # which those of 0.1.0 do not have
        for name, value in state[1].items():
            setattr(self, name, value)
