"""What ``--list`` prints: a line per batch, from the batches' indexes and facts; no result is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.errors import BatchNotFoundError
from pyexp.store.batches.finding import find_batches
from pyexp.store.batches.overview import BatchOverview, look_at

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_VALUE = 40
_UNIT = 1000


def listing_lines(experiment_dir: Path) -> list[str]:
    """Return the experiment, then each batch, oldest first: states, duration, size, what it was asked for.

    Raises:
        BatchNotFoundError: There is none.
    """
    roots = find_batches(experiment_dir)
    if not roots:
        raise BatchNotFoundError(f"there is no batch in {experiment_dir} yet: run the experiment first")
    rows = [_row(look_at(root)) for root in roots]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    aligned = ["  ".join((*(_align(row, widths)), row[4])).rstrip() for row in rows]
    return [f"{experiment_dir.name} in {experiment_dir.parent}", *aligned]


def _align(row: tuple[str, ...], widths: list[int]) -> tuple[str, ...]:
    timestamp, states, duration, size = (cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True))
    return timestamp, states, duration.strip().rjust(widths[2]), size.strip().rjust(widths[3])


def _row(batch: BatchOverview) -> tuple[str, str, str, str, str]:
    states = batch.damage or ", ".join(f"{count} {status}" for status, count in batch.counts.items())
    duration = "" if batch.duration is None else f"{batch.duration:.1f} s"
    return batch.timestamp, states, duration, _size(batch.size_bytes), _asked(batch)


def _asked(batch: BatchOverview) -> str:
    """Return what the batch was asked for, as it is written on the command line."""
    parts = ["trial"] if batch.trial else []
    parts += [f"--set {text}" for text in _assignments(batch.set)]
    parts += [f"--sweep {text}" for text in _assignments(batch.sweep)]
    if batch.config is not None:
        parts.append(f"--config {Path(batch.config).name}")
    if batch.note is not None:
        parts.append(" ".join(batch.note.split()))
    return "  ".join(parts)


def _assignments(values: Mapping[str, object]) -> list[str]:
    texts = [f"{key}={str(value).replace(' ', '')}" for key, value in values.items()]
    return [text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…" for text in texts]


def _size(size: float) -> str:
    """Return a number of bytes for people, in powers of ten.

    Example:
        >>> _size(999), _size(1234), _size(5_000_000)
        ('999 B', '1.2 kB', '5.0 MB')
    """
    if size < _UNIT:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= _UNIT
        if size < _UNIT:
            return f"{size:.1f} {unit}"
    return f"{size / _UNIT:.1f} TB"
