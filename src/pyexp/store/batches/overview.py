"""One batch at a glance, from its index and its facts: what lists of batches show. No result is read."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from pyexp.config.encoding import decode_config
from pyexp.errors import BatchNotFoundError, DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.batches.facts import read_facts
from pyexp.store.index import load_last_states
from pyexp.store.layout import BatchPaths
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyexp.store.index import State

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

    @property
    def timestamp(self) -> str:
        """Name of the batch."""
        return self.folder.name

    @property
    def size_bytes(self) -> int:
        """What its files hold, links not followed; counted when asked for."""
        return _size(self.folder)

    @property
    def is_complete(self) -> bool:
        """Whether every run passed."""
        return list(self.counts) == [Status.PASSED.value]


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
    counts = Counter(status for status, _, _ in states)
    starts = [started for _, started, _ in states if started is not None]
    ends = [finished for _, _, finished in states if finished is not None]
    return replace(
        found,
        counts={status.value: counts[status.value] for status in Status if counts[status.value]},
        duration=max(ends) - min(starts) if starts and ends else None,
    )


def recorded_values(facts: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the values that a start was asked to ``set`` or ``sweep``, as ``batch.json`` keeps them."""
    try:
        return dict(decode_config(json.dumps(facts.get(key) or {})))
    except ValueError:
        return {}


def _states(root: Path) -> list[State]:
    """Return status, start and end of each run: from the index alone where every run has ended and has its folder."""
    paths = BatchPaths(root)
    known = load_last_states(paths.index) or {}
    try:
        folders = [folder for folder in json.loads(paths.runs.read_bytes())["runs"] if folder is not None]
        states = [known[folder] for folder in folders]
    except (OSError, ValueError, LookupError, TypeError):  # opening the batch finds out what is wrong
        states = []
    if states and all(map(_are_right, repeat(paths), folders, states)):
        return states
    return [(record.status.value, record.started, record.finished) for record in Batch.open(root).records()]


def _are_right(paths: BatchPaths, folder: str, state: State) -> bool:
    """Return whether a run has ended as the index says: what passed has its result, nothing else has one."""
    status = state[0]
    if status not in _FINAL:
        return False
    has_result = os.access(paths.result_of(folder), os.F_OK)
    return has_result if status == Status.PASSED else not has_result and os.access(paths.status_of(folder), os.F_OK)


def _size(folder: Path | str) -> int:
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    total += _size(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    except OSError:  # removed meanwhile
        return total
    return total
