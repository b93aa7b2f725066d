"""A batch's results: a tensor of runs with statistics. Owns the methods' names; its neighbours implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from pyexp.results.measures import By, Key
    from pyexp.results.plots.plots import Plots
    from pyexp.results.statistics import Over

T = TypeVar("T")


class Results(Tensor[T]):
    """A `Tensor` of `Result`, as ``experiment.results()`` returns it and the report gets it.

    In all methods a key is one of the runs' results (``"accuracy"``, ``"val.loss"``), else one as in queries
    (``"duration"``, ``"config.lr"``), else the tag of logged numbers, else a function of a `Result`. Runs that did not
    pass, holes, nan and what is not a number are left out.

    Example:
        >>> results = experiment.results()  # doctest: +SKIP
        >>> results.mean("accuracy", over="seed").sel(lr=0.1).item()  # doctest: +SKIP
        0.93
    """

    __module__ = "pyexp"  # where pickles look for it, wherever it moves
    __slots__ = ()

    def best(self, key: Key, mode: Literal["max", "min"] = "max", by: By = "last") -> T:
        """Return the run with the greatest number under *key*, or the least; of several, the first.

        Args:
            key: What is compared.
            mode: ``"max"`` or ``"min"``.
            by: Which value of a logged tag counts: the ``"last"``, the ``"min"`` or the ``"max"``.

        Raises:
            SelectionError: No result and no log has *key*, or no run that passed has a number there.
        """
        from pyexp.results.statistics import best

        run: T = best(self, key, mode, by)
        return run

    def mean(self, key: Key | None = None, over: Over = None) -> Any:
        """Return the mean over some axes.

        Args:
            key: What is averaged; all numbers of the results when not given.
            over: An axis, or several; all when not given.

        Returns:
            An xarray ``DataArray`` over the axes that stay; without a key a ``Dataset`` of them.

        Raises:
            MissingExtraError: xarray is not installed.
            SelectionError: There is no such key or axis.
        """
        return self._aggregate("mean", key, over)

    def std(self, key: Key | None = None, over: Over = None) -> Any:
        """Return the standard deviation over some axes (ddof=0, as NumPy and xarray); see `mean`."""
        return self._aggregate("std", key, over)

    def sem(self, key: Key | None = None, over: Over = None) -> Any:
        """Return the standard error of the mean over some axes (ddof=1, as SciPy); see `mean`."""
        return self._aggregate("sem", key, over)

    def count(self, key: Key | None = None, over: Over = None) -> Any:
        """Return how many numbers there are over some axes; see `mean`."""
        return self._aggregate("count", key, over)

    def _aggregate(self, statistic: str, key: Key | None, over: Over) -> Any:
        from pyexp.results.statistics import aggregate

        return aggregate(self, statistic, key, over)

    def groupby(self, name: str) -> Iterator[tuple[Any, Results[T]]]:
        """Yield ``(coordinate, results)`` for each coordinate of an axis that has runs; the axis is dropped.

        Where no axis has the *name*, the runs are grouped by the values of that key of their configs.

        Raises:
            SelectionError: There is neither such an axis nor such a key.
        """
        from pyexp.results.statistics import groups

        yield from groups(self, name)  # type: ignore[misc]

    def curves(self, tag: str) -> Any:
        """Return an xarray ``DataArray`` of logged numbers over the axes and ``step``.

        The steps are those of all runs, unfinished ones included; nan where a run has none.

        Raises:
            MissingExtraError: xarray is not installed.
            SelectionError: No run has logged under *tag*.
        """
        from pyexp.results.curves import curves

        return curves(self, tag)

    @property
    def plot(self) -> Plots:
        """Plotly figures: ``plot.curves()``, ``plot.heatmap("accuracy")``, ``plot.parallel()``, ``plot.scatter()``."""
        from pyexp.results.plots.plots import Plots

        return Plots(self)

    def to_dataframe(self, *, tags: bool = False) -> pd.DataFrame:
        """Return a pandas frame with one row per run: name, status, duration, flattened config and result.

        Args:
            tags: Add the last, least and greatest value of each logged tag: ``loss.last``, ``loss.min``, ``loss.max``.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from pyexp.results.columns import tag_columns
        from pyexp.tensor.frames import to_dataframe

        return to_dataframe(self, tag_columns if tags else None)

    def _repr_html_(self) -> str:
        from pyexp.results.html import results_html

        return results_html(self)
