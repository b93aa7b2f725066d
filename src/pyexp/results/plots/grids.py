"""A number over two axes. Owns which axes are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.errors import SelectionError
from pyexp.results.statistics import aggregate
from pyexp.tensor.coordinates import axis_named

if TYPE_CHECKING:
    from pyexp.results.measures import Key
    from pyexp.tensor.tensor import Tensor


def draw_heatmap(results: Tensor[Any], key: Key, x: str | None, y: str | None) -> Any:
    """Draw what `Plots.heatmap` describes."""
    graphs: Any = import_extra("plotly.graph_objects", "viewer", "results.plot.heatmap()")
    right, up = _two_axes(results, x, y)
    drawn = {right} | ({up} if up is not None else set())
    means = aggregate(results, "mean", key, [axis for axis in results.axes if axis not in drawn])
    order = [right] if up is None else [up, right]
    values = means.transpose(*order).values
    rows = [""] if up is None else [str(label) for label in means[up].values]
    title = key if isinstance(key, str) else getattr(key, "__name__", "")
    heat = graphs.Heatmap(
        z=values.reshape(len(rows), -1),
        x=[str(label) for label in means[right].values],
        y=rows,
        colorbar={"title": {"text": title}},
        texttemplate="%{z:.4g}",
        hoverongaps=False,
    )
    figure = graphs.Figure(heat)
    figure.update_xaxes(type="category", title_text=right)
    figure.update_yaxes(type="category", title_text=up)
    return figure.update_layout(template="plotly_white", title_text=title)


def _two_axes(results: Tensor[Any], x: str | None, y: str | None) -> tuple[str, str | None]:
    axes = results.axes
    right = None if x is None else axis_named(x, axes)
    up = None if y is None else axis_named(y, axes)
    free = [axis for axis, values in axes.items() if len(values) > 1 and axis not in (right, up)]
    if right is None:
        right = free.pop() if free else next((axis for axis in reversed(axes) if axis != up), None)
    if up is None and free:
        up = free.pop()
    if right is None or right == up:
        raise SelectionError(f"a heat map is over two axes, x is {right!r} and y is {up!r}: the axes are {list(axes)}")
    return right, up
