"""Lines of logged numbers, and bands of several runs. Owns which runs share a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra
from pyexp.errors import SelectionError
from pyexp.results.curves import read_all
from pyexp.results.measures import scalar_tags
from pyexp.results.plots.colours import faint, palette
from pyexp.results.plots.settings_of import setting, varying
from pyexp.results.statistics import reduce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.log.values.scalar_arrays import ScalarArrays
    from pyexp.tensor.tensor import Tensor

_ROW_HEIGHT = 320
_LINE_WIDTH = 1.5
_LINE: Final = {"type": "scatter", "mode": "lines"}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Runs that are drawn as one line.

    Attributes:
        colour: The value that determines its colour.
        label: What the legend says.
        places: Where its runs are among the cells.
    """

    colour: str
    label: str
    places: list[int]


def draw_curves(
    results: Tensor[Any],
    tag: str | Sequence[str] | None,
    *,
    x: str,
    hue: str | None,
    band: str | Sequence[str] | None,
    spread: str,
) -> Any:
    """Draw what `Plots.curves` describes."""
    subplots: Any = import_extra("plotly.subplots", "viewer", "results.plot.curves()")
    bands = [] if band is None else [band] if isinstance(band, str) else list(band)
    _check(x, bands, spread)
    tags = _tags(results, tag)
    lines = _lines(results, hue, bands)
    hues = list(dict.fromkeys(line.colour for line in lines))
    colours = dict(zip(hues, palette(len(hues)), strict=True))
    dashes = _dashes(lines)
    figure = subplots.make_subplots(rows=len(tags), cols=1, subplot_titles=tags, shared_xaxes=True)
    for row, each in enumerate(tags, 1):
        series = read_all(results, each)
        for line in lines:
            points = [series[place] for place in line.places if place in series]
            style = {"color": colours[line.colour], "width": _LINE_WIDTH, "dash": dashes[line.label]}
            traces = _traces(points, line.label, style, x, spread if bands else None)
            for trace in traces:
                figure.add_trace(
                    trace | {"legendgroup": line.label, "showlegend": row == 1 and "name" in trace}, row, 1
                )
        figure.update_yaxes(title_text=each, row=row, col=1)
    figure.update_xaxes(title_text="step" if x == "step" else "seconds", row=len(tags), col=1)
    return figure.update_layout(legend_title_text=hue, height=_ROW_HEIGHT * len(tags) + 100, template="plotly_white")


def _check(x: str, bands: list[str], spread: str) -> None:
    if x not in ("step", "time"):
        raise SelectionError(f"x is {x!r}: curves are drawn over 'step' or 'time'")
    if x == "time" and bands:
        raise SelectionError(
            "x is 'time' and there is a band: runs do not log at the same times, draw bands over 'step'"
        )
    if spread not in ("std", "sem"):
        raise SelectionError(f"spread is {spread!r}: a band is as wide as 'std' or 'sem'")


def _tags(results: Tensor[Any], tag: str | Sequence[str] | None) -> list[str]:
    if tag is not None:
        return [tag] if isinstance(tag, str) else list(tag)
    found = scalar_tags(results)
    if not found:
        raise SelectionError(f"none of the {len(results)} runs has logged a number: there are no curves to draw")
    return found


def _lines(results: Tensor[Any], hue: str | None, bands: list[str]) -> list[_Line]:
    """Return the lines; runs that differ only in the settings of *bands* share one."""
    banded = {_whole(results, name) for name in bands}
    names = [name for name in varying(results) if name not in banded]
    if hue is not None and _whole(results, hue) not in names:
        names = [_whole(results, hue), *names] if not banded else [_whole(results, hue)]
    columns = {name: setting(results, name) for name in names}
    for name in banded:
        setting(results, name)  # its error names the nearest
    hues = setting(results, hue) if hue is not None else None
    lines: dict[str, _Line] = {}
    for place in range(len(results.cells())):
        label = ", ".join(f"{name}={values[place]}" for name, values in columns.items()) or "all runs"
        colour = label if hues is None else str(hues[place])
        lines.setdefault(label, _Line(colour=colour, label=label, places=[])).places.append(place)
    return list(lines.values())


def _whole(results: Tensor[Any], name: str) -> str:
    """Return the full name of an axis of which *name* is the end."""
    ending = [axis for axis in results.axes if axis == name or axis.endswith(f".{name}")]
    return name if name in results.axes or len(ending) != 1 else ending[0]


def _dashes(lines: list[_Line]) -> dict[str, str]:
    """Return how each line is dashed: those of one colour differ."""
    counts: Counter[str] = Counter()
    dashes: dict[str, str] = {}
    for line in lines:
        dashes[line.label] = _DASHES[counts[line.colour] % len(_DASHES)]
        counts[line.colour] += 1
    return dashes


def _traces(
    points: list[ScalarArrays], label: str, style: dict[str, Any], x: str, spread: str | None
) -> list[dict[str, Any]]:
    if not points:
        return []
    if spread is not None:
        return _band(points, label, style, spread)
    drawn = [_LINE | {"line": style, "x": _along(each, x), "y": each.values} for each in points]
    drawn[0]["name"] = label
    return drawn


def _along(points: ScalarArrays, x: str) -> Any:
    return points.iterations if x == "step" else points.times - points.times[:1]


def _band(points: list[ScalarArrays], label: str, style: dict[str, Any], spread: str) -> list[dict[str, Any]]:
    np = import_extra("numpy", "analysis", "results.plot.curves()")
    steps = np.unique(np.concatenate([each.iterations for each in points]))
    values = np.full((len(points), len(steps)), np.nan)
    for row, each in enumerate(points):
        values[row, np.searchsorted(steps, each.iterations)] = each.values
    mean = reduce(np, values, (0,), "mean")
    half = np.nan_to_num(reduce(np, values, (0,), spread))
    is_known = ~np.isnan(mean)
    steps, mean, half = steps[is_known], mean[is_known], half[is_known]
    outline = {"x": np.concatenate([steps, steps[::-1]]), "y": np.concatenate([mean + half, (mean - half)[::-1]])}
    area = {"fill": "toself", "fillcolor": faint(style["color"]), "line": {"width": 0}, "hoverinfo": "skip"}
    return [_LINE | area | outline, _LINE | {"x": steps, "y": mean, "line": style, "name": label}]
