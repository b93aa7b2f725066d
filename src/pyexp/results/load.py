"""A batch's results as a tensor shaped like its sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp.config.tensor import Tensor
from pyexp.results.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.store.batch import Batch


def load_results(batch: Batch, make_item: Callable[[Result], Any] | None = None) -> Tensor[Any]:
    """Open the results of *batch*, finished or not; no pickle is read.

    Args:
        batch: The batch.
        make_item: Turns each `Result` into what the user sees (the class API's instances).
    """
    results = [Result(batch, record) for record in batch.records()]
    items = results if make_item is None else [make_item(result) for result in results]
    return Tensor(items, shape=batch.shape, axes=batch.axes)
