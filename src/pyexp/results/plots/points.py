"""One line or point for each run. Owns how settings that are not numbers are drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.errors import SelectionError
from pyexp.results.measures import measure, measure_all
from pyexp.results.plots.settings_of import setting, varying
from pyexp.tensor.absent import HOLE
from pyexp.tensor.frames import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.tensor.tensor import Tensor

_POINT = 9  # pixels


def draw_parallel(results: Tensor[Any], key: str | None) -> Any:
    """Draw what `Plots.parallel` describes."""
    graphs: Any = import_extra("plotly.graph_objects", "viewer", "results.plot.parallel()")
    numbers = {key: measure(results, key)} if key is not None else measure_all(results)
    # A line needs a value everywhere: runs that lack one are left out.
    places = [
        place for place in range(len(results.cells())) if not any(math.isnan(row[place]) for row in numbers.values())
    ]
    if not places:
        raise SelectionError(f"no run has a number for each of {list(numbers)}: name one of them")
    settings = {name: setting(results, name) for name in varying(results)}
    dimensions = [_dimension(name, [values[place] for place in places]) for name, values in settings.items()]
    dimensions += [{"label": name, "values": [row[place] for place in places]} for name, row in numbers.items()]
    last = dimensions[-1]
    colour = {
        "color": last["values"],
        "colorscale": "Viridis",
        "showscale": True,
        "colorbar": {"title": {"text": last["label"]}},
    }
    return graphs.Figure(graphs.Parcoords(dimensions=dimensions, line=colour)).update_layout(template="plotly_white")


def _dimension(label: str, values: Sequence[Any]) -> dict[str, Any]:
    if all(is_number(value) and not isinstance(value, bool) for value in values):
        return {"label": label, "values": values}
    texts = [str(value) for value in values]
    known = list(dict.fromkeys(texts))
    return {
        "label": label,
        "values": list(map(known.index, texts)),
        "tickvals": list(range(len(known))),
        "ticktext": known,
    }


def draw_scatter(results: Tensor[Any], x: str | None, y: str | None, hue: str | None) -> Any:
    """Draw what `Plots.scatter` describes."""
    graphs: Any = import_extra("plotly.graph_objects", "viewer", "results.plot.scatter()")
    if x is None:
        x = next(iter(varying(results)), None)
    if x is None:
        raise SelectionError("no setting varies between the runs: name an x")
    right = _values(results, x)
    up_name, up = (y, _values(results, y)) if y is not None else next(iter(measure_all(results).items()))
    colours = None if hue is None else _values(results, hue)
    places = [
        place
        for place, cell in enumerate(results.cells())
        if cell is not HOLE and not _is_missing(right[place]) and not _is_missing(up[place])
    ]
    if not places:
        raise SelectionError(f"no run has both {x!r} and {up_name!r}: there is nothing to draw")
    figure = graphs.Figure()
    cells = results.cells()
    for name, group in _groups(places, colours):
        figure.add_scatter(
            mode="markers",
            x=[_drawable(right[place]) for place in group],
            y=[_drawable(up[place]) for place in group],
            text=[cells[place].name for place in group],
            name=name,
            showlegend=name is not None,
            marker=_marker(None if colours is None or name is not None else [colours[place] for place in group]),
        )
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=up_name)
    return figure.update_layout(template="plotly_white", legend_title_text=hue)


def _marker(scale: list[Any] | None) -> dict[str, Any]:
    """Return the points of one colour, or on a scale."""
    marker: dict[str, Any] = {"size": _POINT}
    return marker if scale is None else marker | {"color": scale, "colorscale": "Viridis", "showscale": True}


def _groups(places: list[int], colours: list[Any] | None) -> list[tuple[str | None, list[int]]]:
    """Return the points of each colour; all in one where the colours are a scale."""
    if colours is None or all(is_number(colours[place]) for place in places):
        return [(None, places)]
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(str(colours[place]), []).append(place)
    return list(groups.items())


def _values(results: Tensor[Any], name: str) -> list[Any]:
    """Return the values of a setting, or else the numbers of a key."""
    try:
        return setting(results, name)
    except SelectionError:
        return list(measure(results, name))


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _drawable(value: Any) -> Any:
    return value if is_number(value) or isinstance(value, str) else str(value)
