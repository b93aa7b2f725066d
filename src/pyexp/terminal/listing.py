"""What ``--list`` prints: a line per batch, from the batches' indexes alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch, find_batches
from pyexp.store.index import load_last_states
from pyexp.store.layout import BatchPaths
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

_FINAL = frozenset(status for status in Status if status.is_final)


def listing_lines(experiment_dir: Path) -> list[str]:
    """Timestamp, counts by status and duration of each batch, oldest first.

    Raises:
        BatchNotFoundError: There is none.
    """
    roots = find_batches(experiment_dir)
    if not roots:
        raise BatchNotFoundError(f"there is no batch in {experiment_dir} yet: run the experiment first")
    rows = [(root.name, *_summary(root)) for root in roots]
    width = max(len(states) for _, states, _ in rows)
    return [f"{timestamp}  {states:<{width}}  {duration}".rstrip() for timestamp, states, duration in rows]


def _summary(root: Path) -> tuple[str, str]:
    """States and duration, from the index as it stands where every run has come to its end."""
    states = _settled_states(root)
    if states is None:
        try:
            records = Batch.open(root).records()
        except DamagedFileError as error:
            return f"damaged: {error}", ""
        states = [(record.status.value, record.started, record.finished) for record in records]
    counts = Counter(status for status, _, _ in states)
    starts = [started for _, started, _ in states if started is not None]
    ends = [finished for _, _, finished in states if finished is not None]
    duration = f"{max(ends) - min(starts):.1f} s" if starts and ends else ""
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]), duration


def _settled_states(root: Path) -> list[tuple[str, float | None, float | None]] | None:
    """Status, start and end of each run; None when the index is lost or a run may have moved on since."""
    states = load_last_states(BatchPaths(root).index)
    return states if states and all(status in _FINAL for status, _, _ in states) else None
