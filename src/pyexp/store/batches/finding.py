"""Finding batches of an experiment: all, the one of a timestamp, the latest that counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyexp.config.suggestion import close_names
from pyexp.errors import BatchNotFoundError
from pyexp.store import layout
from pyexp.store.batches.facts import read_facts

if TYPE_CHECKING:
    from pathlib import Path

LATEST = "latest"
LATEST_COMPLETE = "latest-complete"


def find_batches(experiment_dir: Path) -> list[Path]:
    """Batch folders of an experiment, oldest first."""
    try:
        names = os.listdir(experiment_dir)
    except OSError:
        return []
    keyed = sorted((key, name) for name in names if (key := layout.timestamp_key(name)) is not None)
    return [experiment_dir / name for _, name in keyed if os.path.exists(experiment_dir / name / layout.RUNS)]


def find_batch(experiment_dir: Path, timestamp: str | None = None) -> Path:
    """Return the batch of *timestamp*, which may be shortened as long as it fits one batch.

    Args:
        experiment_dir: Folder of the experiment's batches.
        timestamp: None and ``"latest"`` mean the latest that is not a trial, ``"latest-complete"`` the latest of them
            whose runs all passed.

    Raises:
        BatchNotFoundError: There is none, or several fit; the message names them, or the nearest.
    """
    batches = find_batches(experiment_dir)
    if not batches:
        raise BatchNotFoundError(f"there is no batch in {experiment_dir} yet: run the experiment first")
    if timestamp is None or timestamp == LATEST:
        return _latest(experiment_dir, batches)
    if timestamp == LATEST_COMPLETE:
        found = find_complete(experiment_dir)
        if found is None:
            raise BatchNotFoundError(f"no batch in {experiment_dir} is complete: each has runs that did not pass")
        return found
    names = [batch.name for batch in batches]
    return experiment_dir / (timestamp if timestamp in names else _named(timestamp, names, experiment_dir))


def find_complete(experiment_dir: Path, before: str | None = None) -> Path | None:
    """Return the latest batch all of whose runs passed, if there is one; trials do not count.

    Args:
        experiment_dir: Folder of the experiment's batches.
        before: The timestamp of a batch that it must be older than.
    """
    limit = None if before is None else layout.timestamp_key(before)
    for root in reversed(find_batches(experiment_dir)):
        key = layout.timestamp_key(root.name)
        if (limit is None or (key is not None and key < limit)) and _is_wanted(root):
            return root
    return None


def _is_wanted(root: Path) -> bool:
    from pyexp.store.batches.overview import look_at

    batch = look_at(root)
    return batch.is_complete and not batch.trial


def is_trial(root: Path) -> bool:
    """Return whether the batch in *root* was started as a trial."""
    return read_facts(root).get("trial") is True


def _latest(experiment_dir: Path, batches: list[Path]) -> Path:
    for root in reversed(batches):
        if not is_trial(root):
            return root
    raise BatchNotFoundError(
        f"there are only trials in {experiment_dir}, the latest is {batches[-1].name}: name one by its timestamp"
    )


def _named(timestamp: str, names: list[str], experiment_dir: Path) -> str:
    fitting = [name for name in names if timestamp and name.startswith(timestamp)]
    if len(fitting) > 1:
        raise BatchNotFoundError(
            f"{timestamp!r} fits {len(fitting)} batches in {experiment_dir}: {fitting[0]} and {fitting[1]}"
            f"{', …' if len(fitting) > 2 else ''}: write more of it"  # noqa: PLR2004 — those that are named
        )
    if fitting:
        return fitting[0]
    nearest = close_names(timestamp, reversed(names), count=1, likeness=0) or names[-1:]
    raise BatchNotFoundError(
        f"there is no batch {timestamp!r} in {experiment_dir}; the nearest is {nearest[0]!r} (--list shows them all)"
    )
