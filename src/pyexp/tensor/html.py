"""Tensors as tables in a notebook. Owns the markup; what items hold is escaped, and nothing is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from pyexp.config.html import flatten, shown
from pyexp.tensor.absent import HOLE
from pyexp.tensor.select import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ROWS = 20
_MAX_COLUMNS = 12


class Grid(Protocol):
    """Items in a grid with named axes; a `Tensor` is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Coordinates of each dimension, by its name."""

    def __len__(self) -> int: ...

    def cells(self) -> list[Any]:
        """Return the items in row-major order, `HOLE` where there is none."""


def tensor_html(tensor: Grid) -> str:
    """Return shape, axes and a table of the first items: the name and values of configs, other items as text.

    Example:
        >>> from pyexp import Tensor
        >>> "<th>lr</th>" in tensor_html(Tensor([{"name": "a", "lr": 0.1}]))
        True
    """
    return heading("Tensor", tensor) + table(tensor, _values)


def heading(title: str, tensor: Grid, facts: str = "") -> str:
    """Return a line of the shape and the names of the axes, and of *facts*, which are markup.

    Example:
        >>> from pyexp import Tensor
        >>> heading("Tensor", Tensor("ab", (1, 2)))
        '<p><b>Tensor</b> axis0 × axis1 = 1 × 2, 2 items</p>'
    """
    axes = " × ".join(map(escape, tensor.axes))
    shape = " × ".join(map(str, tensor.shape))
    grid = f" {axes} = {shape}," if shape else ""
    return f"<p><b>{escape(title)}</b>{grid} {len(tensor)} items{facts}</p>"


def table(tensor: Grid, cells_of: Callable[[Any], dict[str, str]]) -> str:
    """Return a table of the first items, each with its coordinates on the axes that vary and with *cells_of* it.

    Example:
        >>> from pyexp import Tensor
        >>> table(Tensor("ab", (2,), {"lr": [1, 2]}), lambda item: {"item": item})
        '<table><tr><th>lr</th><th>item</th></tr><tr><td>1</td><td>a</td></tr><tr><td>2</td><td>b</td></tr></table>'
    """
    rows = [place | cells_of(item) for place, item in _first(tensor)]
    columns = list(dict.fromkeys(column for row in rows for column in row))[:_MAX_COLUMNS]
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = [head, *("".join(f"<td>{row.get(column, '')}</td>" for column in columns) for row in rows)]
    more = f"<p>… {len(tensor) - MAX_ROWS} more</p>" if len(tensor) > MAX_ROWS else ""
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>{more}" if rows else ""


def _first(tensor: Grid) -> Iterable[tuple[dict[str, str], Any]]:
    """Yield the first items, each with its coordinates on the axes that vary."""
    axes = tensor.axes
    taken = [(place, cell) for place, cell in enumerate(tensor.cells()) if cell is not HOLE][:MAX_ROWS]
    for place, item in taken:
        steps = _unravelled(place, tensor.shape)
        named = zip(axes.items(), steps, strict=True)
        yield {name: shown(values[step]) for (name, values), step in named if len(values) > 1}, item


def _unravelled(place: int, shape: Sequence[int]) -> list[int]:
    steps: list[int] = []
    for length in reversed(shape):
        place, step = divmod(place, length)
        steps.insert(0, step)
    return steps


def _values(item: Any) -> dict[str, str]:
    if not isinstance(item, Mapping):
        return {"item": shown(item)}
    leaves = {key: shown(value) for key, value in flatten(item) if key not in {"name", "out"}}
    return {"name": escape(name_of(item) or "")} | leaves
