"""Colours of lines. Owns the palette: few values get distinct colours, many a scale."""

from __future__ import annotations

from typing import Any

from pyexp._optional import import_extra

_DISTINCT = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
)
_SCALE = "Viridis"
_BAND_OPACITY = 0.2


def palette(count: int) -> list[str]:
    """Return *count* colours as ``rgb(r, g, b)``.

    Example:
        >>> palette(2)
        ['rgb(31, 119, 180)', 'rgb(255, 127, 14)']
    """
    if count <= len(_DISTINCT):
        return [_rgb(colour) for colour in _DISTINCT[:count]]
    colours: Any = import_extra("plotly.colors", "viewer", "results.plot")
    sampled: list[str] = colours.sample_colorscale(_SCALE, [place / (count - 1) for place in range(count)])
    return sampled


def faint(colour: str) -> str:
    """Return the colour of a band around a line of *colour*.

    Example:
        >>> faint("rgb(31, 119, 180)")
        'rgba(31, 119, 180, 0.2)'
    """
    return f"rgba({colour.removeprefix('rgb(').removesuffix(')')}, {_BAND_OPACITY})"


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"
