"""Histograms as TensorBoard keeps them and as callers ask for them, as edges and counts. Owns which bins they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.log import capture, json_content, on_host, to_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.log import Content
    from pyexp.tensorboard._pb.tensorboard_pb2 import HistogramProto

_DEFAULT_BINS = 64
_ROW = 3  # left edge, right edge and count in a tensor of the histogram plugin


def of_proto(message: HistogramProto) -> Content:
    """Convert a `HistogramProto`."""
    return of_limits(message.min, message.max, message.bucket_limit, message.bucket)


def of_limits(low: float, high: float, limits: Sequence[float], counts: Sequence[float]) -> Content:
    """Convert right edges and counts, with the least and the greatest value.

    Empty bins at both ends are left out, as in TensorBoard: the outermost limits may be the limits of a double.
    """
    filled = [position for position, (count, _) in enumerate(zip(counts, limits, strict=False)) if count > 0]
    if not filled:
        return _content([], [])
    first, last = filled[0], filled[-1]
    return _content([low, *limits[first:last], high], counts[first : last + 1])


def of_rows(numbers: Sequence[float]) -> Content:
    """Convert rows of left edge, right edge and count, one after the other."""
    return _content([*numbers[::_ROW], *numbers[-2:-1]], numbers[_ROW - 1 :: _ROW])


def of_values(tag: str, values: Any, bins: Any, max_bins: int | None) -> Content:
    """Count values in the bins that a caller asks for: their edges, their number, or a rule of NumPy's by its name.

    The rule ``tensorflow`` becomes 64 equal bins. What is nan, infinite, or outside the edges is left out.

    Raises:
        MissingExtraError: NumPy is needed, and not installed.
        ValueError: There are no such bins.
    """
    if isinstance(bins, int):
        return _of_equal_bins(tag, values, min(bins, max_bins or bins))
    if isinstance(bins, str) and bins == "tensorflow":
        return _of_equal_bins(tag, values, max_bins or _DEFAULT_BINS)
    numpy = import_extra("numpy", "analysis", "a histogram with bins of your own")
    numbers = to_array(values, "a histogram").astype(float).ravel()
    try:
        counts, edges = numpy.histogram(numbers[numpy.isfinite(numbers)], bins=on_host(bins))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the histogram {tag!r} cannot have the bins {bins!r:.100} ({error}); give their number, increasing edges, "
            "or a rule such as 'auto'"
        ) from error
    width = -(-len(counts) // max_bins) if max_bins else 1
    counts = numpy.add.reduceat(counts, range(0, len(counts), width))
    return _content([*edges[:-1:width].tolist(), float(edges[-1])], counts.tolist())


def _of_equal_bins(tag: str, values: Any, bins: int) -> Content:
    return capture("histogram", tag, values, bins=bins)[0]


def _content(edges: Sequence[float], counts: Sequence[float]) -> Content:
    """Keep them; bins without width become one around their value, as in our own histograms."""
    if not counts:
        edges, counts = [0.0, 1.0], [0.0]
    elif edges[0] == edges[-1]:
        margin = max(0.5, abs(edges[0]) * 1e-9)
        edges, counts = [edges[0] - margin, edges[0] + margin], [sum(counts)]
    return json_content({"edges": list(edges), "counts": list(counts)})
