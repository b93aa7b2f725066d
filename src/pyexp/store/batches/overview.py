"""One batch at a glance, from its index and its facts: what lists of batches show. No result is read."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from pyexp._files import folder_size
from pyexp._garbage import uncollected
from pyexp.config.encoding import decode_config
from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.batches.facts import read_facts
from pyexp.store.index import State, load_last_states
from pyexp.store.layout import BatchPaths
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FINAL = frozenset(status for status in Status if status.is_final)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOverview:
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
    counts: Mapping[str, int] = field(default_factory=dict)
    duration: float | None = None
    commit: str | None = None
    note: str | None = None
    trial: bool = False
    set: Mapping[str, Any] = field(default_factory=dict)
    sweep: Mapping[str, Any] = field(default_factory=dict)
    config: str | None = None
    damage: str | None = None
    run_sizes: Mapping[str, int] = field(default_factory=dict, repr=False)

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
    counts = Counter(state.status for state in states.values())
    starts = [state.started for state in states.values() if state.started is not None]
    ends = [state.finished for state in states.values() if state.finished is not None]
    return replace(
        found,
        counts={status.value: counts[status.value] for status in Status if counts[status.value]},
        duration=max(ends) - min(starts) if starts and ends else None,
        run_sizes={folder: state.size_bytes for folder, state in states.items() if state.size_bytes is not None},
    )


def recorded_values(facts: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the values that a start was asked to ``set`` or ``sweep``, as ``batch.json`` keeps them."""
    try:
        return dict(decode_config(json.dumps(facts.get(key) or {})))
    except ValueError:
        return {}


def _states(root: Path) -> dict[str, State]:
    """Return what is to be shown of each run: from the index alone where every run has ended and has its folder."""
    paths = BatchPaths(root)
    known = load_last_states(paths.index) or {}
    try:
        folders = [folder for folder in json.loads(paths.runs.read_bytes())["runs"] if folder is not None]
        states = {folder: known[folder] for folder in folders}
    except (OSError, ValueError, LookupError, TypeError):  # opening the batch finds out what is wrong
        states = {}
    if states and all(map(_is_right, repeat(paths), states, states.values())):
        return states
    return {
        record.folder: State(record.status.value, record.started, record.finished, record.size_bytes)
        for record in Batch.open(root).records()
    }


def _is_right(paths: BatchPaths, folder: str, state: State) -> bool:
    """Return whether a run has ended as the index says: what passed has its result, nothing else has one."""
    status = state.status
    if status not in _FINAL:
        return False
    has_result = os.access(paths.result_of(folder), os.F_OK)
    return has_result if status == Status.PASSED else not has_result and os.access(paths.status_of(folder), os.F_OK)
