"""What ``--list`` prints: a line per batch, from the batches' indexes alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch, find_batches
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path


def listing_lines(experiment_dir: Path) -> list[str]:
    """Timestamp, counts by status and duration of each batch, oldest first.

    Raises:
        BatchNotFoundError: There is none.
    """
    roots = find_batches(experiment_dir)
    if not roots:
        raise BatchNotFoundError(f"there is no batch in {experiment_dir} yet")
    rows = [(root.name, *_summary(root)) for root in roots]
    width = max(len(states) for _, states, _ in rows)
    return [f"{timestamp}  {states:<{width}}  {duration}".rstrip() for timestamp, states, duration in rows]


def _summary(root: Path) -> tuple[str, str]:
    try:
        records = Batch.open(root).records()
    except DamagedFileError as error:
        return f"damaged: {error}", ""
    counts = Counter(record.status for record in records)
    starts = [record.started for record in records if record.started is not None]
    ends = [record.finished for record in records if record.finished is not None]
    duration = f"{max(ends) - min(starts):.1f} s" if starts and ends else ""
    return ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status]), duration
