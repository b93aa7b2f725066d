"""A batch's results as a tensor shaped like its sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._garbage import uncollected
from pyexp.results.result import Result
from pyexp.results.results import Results
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.store.batch import Batch
    from pyexp.store.index import RunRecord


@uncollected()
def load_results(batch: Batch, make_item: Callable[[Batch, RunRecord], Any] = Result) -> Results[Any]:
    """Open the results of *batch*, finished or not; no pickle is read.

    Args:
        batch: The batch.
        make_item: Makes what the user sees of a run: a `Result`, or the class API's instance.
    """
    items = (make_item(batch, record) for record in batch.records())
    cells = [HOLE if cell is HOLE else next(items) for cell in batch.cells]
    return Results(cells, batch.shape, batch.axes)
