"""The curves of groups of runs, and the envelope of many runs, as frames for the page.

Owns what is read for them and how many points are sent; the formulas are `statistics`', the groups `group_members`'.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra
from pyexp.errors import LogError
from pyexp.log import Series, downsample
from pyexp.viewer.data.group_members import Group, GroupKeys, group_runs
from pyexp.viewer.data.smoothing import extent_of, smooth
from pyexp.viewer.data.statistics import Curve, curve_over
from pyexp.viewer.protocol.encoding import encode_frame
from pyexp.viewer.protocol.errors import AnswerError, UnknownIdError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.viewer.data.library import Library

_EDGES: Final = ("low", "high", "inner_low", "inner_high")
_ENVELOPE: Final = ("most", "quartiles")
_POINT_LIMIT: Final = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How curves are wanted.

    Attributes:
        centre: ``mean`` or ``median``.
        bands: Names of the bands around it.
        weight: Of smoothing; 0 for none.
        x_range: The steps to show, or None for all.
        points: How many points a curve may have.
    """

    centre: str = "mean"
    bands: tuple[str, ...] = ("deviation",)
    weight: float = 0.0
    x_range: tuple[float, float] | None = None
    points: int = 1_000


def groups_frame(library: Library, tag: int, runs: list[int], by: GroupKeys, shape: Shape) -> bytes:
    """Compute one curve for each group with a run that has this tag; the header names every group."""
    groups = group_runs(library, library.catalog.runs(runs), by)
    sizes = [{"group": group.label, "of": len(group.runs), "runs": group.runs} for group in groups]
    return _frame(library, tag, groups, shape, {"kind": "groups", "groups": sizes})


def envelope_frame(library: Library, tag: int, runs: list[int], shape: Shape) -> bytes:
    """Compute the median, the middle half and the middle 90 % over all these runs."""
    whole = replace(shape, centre="median", bands=_ENVELOPE)
    return _frame(library, tag, [Group(label="all", runs=tuple(runs))], whole, {"kind": "envelope"})


def _frame(library: Library, tag: int, groups: Sequence[Group], shape: Shape, header: dict[str, Any]) -> bytes:
    members = _read_members(library, tag, groups)
    shown = [group for group in groups if members[group.label]]
    curves = [curve_over(members[group.label], shape.centre, shape.bands) for group in shown]
    extent = extent_of(curve.steps for curve in curves)
    found = []
    for group, curve in zip(shown, curves, strict=True):
        fields = {"group": group.label, "runs": group.runs, "of": len(group.runs), "total": len(curve.steps)}
        found.append((fields, _columns(curve, shape, extent)))
    names = ("step", "value", "count", "broken", *_EDGES[: 2 * len(shape.bands)])
    common = {"tag": tag, "columns": names, "axis": "step", "notice": None}
    return encode_frame(common | header, found)


def _read_members(library: Library, tag: int, groups: Sequence[Group]) -> dict[str, list[Series]]:
    members: dict[str, list[Series]] = {}
    total = 0
    for group in groups:
        found = members[group.label] = _read(library, tag, list(group.runs))
        total += sum(map(len, found))
        if total > _POINT_LIMIT:
            raise AnswerError(413, f"These runs have over {_POINT_LIMIT:,} points of this tag: filter some out.")
    return members


def _read(library: Library, tag: int, runs: list[int]) -> list[Series]:
    found = []
    for _, log in library.logs_of(runs):
        try:
            name = log.tag_name(tag)
            if name is not None:
                found.append(log.whole_series(name))
        except (UnknownIdError, LogError):  # the folder went meanwhile: the catalogue will say so
            continue
    return found


def _columns(curve: Curve, shape: Shape, extent: float) -> list[array[float]]:
    edges = [edge for band in curve.bands for edge in band]
    steps = array("d", curve.steps.tobytes())
    drawn = [smooth(steps, array("d", column.tobytes()), shape.weight, extent) for column in (curve.centre, *edges)]
    plain = [array("d", column.tobytes()) for column in (curve.count, curve.broken)]
    kept = _kept_places(curve, drawn[0], shape)
    return [array("d", (column[place] for place in kept)) for column in (steps, drawn[0], *plain, *drawn[1:])]


def _kept_places(curve: Curve, centre: array[float], shape: Shape) -> Sequence[int]:
    """Choose the places to send: the extremes of the curve, and where the number of runs changes."""
    size = len(curve.steps)
    if shape.x_range is None and size <= shape.points:
        return range(size)
    np = import_extra("numpy", "viewer", "grouping runs")
    places = array("d", range(size))
    steps = array("q", curve.steps.astype(np.int64).tobytes())
    whole = Series(tag="", start=0, iterations=steps, values=centre, times=places)
    kept = {int(place) for place in downsample(whole, shape.points, shape.x_range, "iterations").times}
    changes = np.flatnonzero(np.diff(curve.count) != 0)
    if kept and len(changes) <= shape.points:
        around = {int(place) for change in changes for place in (change, change + 1)}
        kept |= {place for place in around if min(kept) <= place <= max(kept)}
    return sorted(kept)
