"""One run through many batches, found by its name or by values of its config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch
from pyexp.tensor.select import MISSING, fits, look_up

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.store.index import RunRecord


def records_of(root: Path, run: str | Mapping[str, Any]) -> list[tuple[Batch, RunRecord]]:
    """Return the runs of the batch in *root* that are called *run*, or whose configs have its values.

    A batch, or a config, that cannot be read has none.
    """
    try:
        batch = Batch.open(root)
    except (BatchNotFoundError, DamagedFileError):
        return []
    if isinstance(run, str):
        return [(batch, record) for record in batch.records() if record.name == run]
    return [(batch, record) for record in batch.records() if _has_values(batch, record, run)]


def _has_values(batch: Batch, record: RunRecord, values: Mapping[str, Any]) -> bool:
    try:
        config = batch.load_config(record.folder, record.config_stamp)
    except DamagedFileError:
        return False
    found = ((look_up(config, key), wanted) for key, wanted in values.items())
    return all(value is not MISSING and fits(value, wanted) for value, wanted in found)
