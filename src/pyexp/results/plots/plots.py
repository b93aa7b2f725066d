"""What ``results.plot`` offers. Owns the names and defaults of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.results.measures import Key
    from pyexp.tensor.tensor import Tensor


class Plots:
    """Figures of results; each is a plotly ``Figure``, whose ``write_html(path)`` makes a page that opens offline."""

    def __init__(self, results: Tensor[Any]) -> None:
        self._results = results

    def curves(
        self,
        tag: str | Sequence[str] | None = None,
        *,
        x: Literal["step", "time"] = "step",
        hue: str | None = None,
        band: str | Sequence[str] | None = None,
        spread: Literal["std", "sem"] = "std",
    ) -> Any:
        """Draw logged numbers.

        Args:
            tag: What was logged: a tag, or several; all of them when not given, one below the other.
            x: Over ``"step"``, or ``"time"`` in seconds since a run's first point.
            hue: The axis, or config key, that determines the colour of a line.
            band: An axis, or several, whose runs become one line, their mean, in a band of their spread.
            spread: The half width of the band: standard deviation, or standard error of the mean.

        Raises:
            MissingExtraError: plotly or NumPy is not installed.
            SelectionError: There is no such tag, axis or key, or *x* and *band* do not go together.
        """
        from pyexp.results.plots.curves import draw_curves

        return draw_curves(self._results, tag, x=x, hue=hue, band=band, spread=spread)

    def heatmap(self, key: Key, x: str | None = None, y: str | None = None) -> Any:
        """Draw a number over two axes, averaged over the others.

        Args:
            key: What is drawn, as in `Results.mean`.
            x: The axis to the right; the last one that varies when not given.
            y: The axis upwards; the one before when not given.

        Raises:
            MissingExtraError: plotly or xarray is not installed.
            SelectionError: There is no such key or axis.
        """
        from pyexp.results.plots.grids import draw_heatmap

        return draw_heatmap(self._results, key, x, y)

    def parallel(self, key: str | None = None) -> Any:
        """Draw each run as a line through its settings and its numbers, coloured by the last of them.

        Args:
            key: The number, as in `Results.mean`; all numbers of the results when not given.

        Raises:
            MissingExtraError: plotly is not installed.
            SelectionError: There is no such key.
        """
        from pyexp.results.plots.points import draw_parallel

        return draw_parallel(self._results, key)

    def scatter(self, x: str | None = None, y: str | None = None, hue: str | None = None) -> Any:
        """Draw each run as a point.

        Args:
            x: An axis, a config key, or a key as in `Results.mean`; the first setting that varies when not given.
            y: The same; the first number of the results when not given.
            hue: The same, for the colour.

        Raises:
            MissingExtraError: plotly is not installed.
            SelectionError: There is no such key.
        """
        from pyexp.results.plots.points import draw_scatter

        return draw_scatter(self._results, x, y, hue)
