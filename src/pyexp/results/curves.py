"""Logged numbers of all runs over their steps. Owns the common steps; reads one log at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.config.suggestion import nearest
from pyexp.errors import SelectionError
from pyexp.results.measures import open_log, scalar_tags
from pyexp.tensor.absent import HOLE
from pyexp.tensor.frames import labels

if TYPE_CHECKING:
    from pyexp.log.values.scalar_arrays import ScalarArrays
    from pyexp.tensor.tensor import Tensor


def curves(results: Tensor[Any], tag: str) -> Any:
    """Return a ``DataArray`` of a tag over the axes and ``step``, the steps of all runs; nan where a run has none.

    Raises:
        MissingExtraError: xarray is not installed.
        SelectionError: No run has logged under *tag*.
    """
    xarray = import_extra("xarray", "analysis", "results.curves()")
    np = import_extra("numpy", "analysis", "results.curves()")
    series = read_all(results, tag)
    steps = np.unique(np.concatenate([points.iterations for points in series.values()]))
    values = np.full((len(results.cells()), len(steps)), np.nan)
    for place, points in series.items():
        values[place, np.searchsorted(steps, points.iterations)] = points.values  # of a step logged twice, the last
    axes = {name: labels(coordinates) for name, coordinates in results.axes.items()}
    step = "step" if "step" not in axes else "iteration"
    return xarray.DataArray(
        values.reshape(*results.shape, len(steps)), dims=[*axes, step], coords={**axes, step: steps}, name=tag
    )


def read_all(results: Tensor[Any], tag: str) -> dict[int, ScalarArrays]:
    """Return the points of a tag, by the place of their run among the cells.

    Raises:
        SelectionError: No run has logged under *tag*.
    """
    found: dict[int, ScalarArrays] = {}
    for place, item in enumerate(results.cells()):
        reader = None if item is HOLE else open_log(item)
        if reader is not None and tag in reader.scalar_tags:
            found[place] = reader.load_scalars_array(tag)
    if not found:
        raise SelectionError(f"no run has logged {tag!r}: {nearest(tag, scalar_tags(results))}")
    return found
