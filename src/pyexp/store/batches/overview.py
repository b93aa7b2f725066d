"""One batch at a glance, from its index and its facts: what lists of batches show. No result is read."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from pyexp._files import folder_size
from pyexp._garbage import uncollected
from pyexp._record import Record, names_of, replace
from pyexp.config.encoding import decode_config
from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.batches.facts import read_facts
from pyexp.store.index import States, load_last_states, which_hold
from pyexp.store.layout import RESULT, STATUS, BatchPaths
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FINAL = frozenset(status.value for status in Status if status.is_final)
_PASSED = Status.PASSED.value


class BatchOverview(Record):
    """One batch at a glance.

    Attributes:
        folder: Where it is.
        counts: Runs by state, without states that none has.
        duration: Seconds from the first start of a run to the last end of one; None before that.
        commit: Hash of the git snapshot.
        note: What ``--note`` said of it.
        trial: It is passed over by what looks for the latest batch.
        set: Values that every config got, by key.
        sweep: Axes that the start added or replaced.
        config: YAML file that the configs were made from.
        damage: Why it cannot be read; None when it can.
        run_sizes: Bytes that the folders of runs held when these had ended, by folder.
    """

    folder: Path
    counts: Mapping[str, int] = {}
    duration: float | None = None
    commit: str | None = None
    note: str | None = None
    trial: bool = False
    set: Mapping[str, Any] = {}
    sweep: Mapping[str, Any] = {}
    config: str | None = None
    damage: str | None = None
    run_sizes: Mapping[str, int] = {}

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in names_of(BatchOverview) if name != "run_sizes")
        return f"BatchOverview({', '.join(shown)})"

    @property
    def timestamp(self) -> str:
        """Name of the batch."""
        return self.folder.name

    @property
    def size_bytes(self) -> int:
        """What its files hold, links not followed; the folders of runs that have ended, when they ended."""
        return folder_size(self.folder, self.run_sizes)

    @property
    def is_complete(self) -> bool:
        """Whether every run passed."""
        return list(self.counts) == [Status.PASSED.value]


@uncollected()
def look_at(root: Path) -> BatchOverview:
    """Return the batch in *root* at a glance; a damaged one says so."""
    facts = read_facts(root)
    known: dict[str, Any] = {key: facts.get(key) for key in ("commit", "note", "config")}
    known |= {key: recorded_values(facts, key) for key in ("set", "sweep")}
    found = BatchOverview(folder=root, **known, trial=facts.get("trial") is True)
    try:
        states = _states(root)
    except (DamagedFileError, BatchNotFoundError) as error:
        return replace(found, damage=f"damaged: {error}")
    counts = Counter(states.statuses)
    starts = [moment for moment in states.started if moment is not None]
    ends = [moment for moment in states.finished if moment is not None]
    sizes = zip(states.folders, states.sizes_bytes, strict=True)
    return replace(
        found,
        counts={status.value: counts[status.value] for status in Status if counts[status.value]},
        duration=max(ends) - min(starts) if starts and ends else None,
        run_sizes={folder: size for folder, size in sizes if size is not None},
    )


def recorded_values(facts: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the values that a start was asked to ``set`` or ``sweep``, as ``batch.json`` keeps them."""
    try:
        return dict(decode_config(json.dumps(facts.get(key) or {})))
    except ValueError:
        return {}


def _states(root: Path) -> States:
    """Return what is to be shown of the runs: from the index alone where every run has ended and has its folder."""
    paths = BatchPaths(root)
    states = load_last_states(paths.index)
    if states is None or not _are_of(paths, states) or not _are_right(os.fspath(root), states):
        return States.of(Batch.open(root).records())  # which finds out what is wrong
    return states


def _are_of(paths: BatchPaths, states: States) -> bool:
    """Return whether *states* are those of the batch's runs, of each one."""
    try:
        folders = [folder for folder in json.loads(paths.runs.read_bytes())["runs"] if folder is not None]
        return len(folders) == len(states.folders) and set(folders) == set(states.folders)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _are_right(root: str, states: States) -> bool:
    """Return whether the runs have ended as the index says: what passed has its result, nothing else has one."""
    if not _FINAL.issuperset(states.statuses):
        return False
    runs = list(zip(states.folders, states.statuses, strict=True))
    passed = [folder for folder, status in runs if status == _PASSED]
    others = [folder for folder, status in runs if status != _PASSED]
    return (
        all(which_hold(root, passed, RESULT))
        and not any(which_hold(root, others, RESULT))
        and all(which_hold(root, others, STATUS))
    )
