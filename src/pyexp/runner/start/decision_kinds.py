"""The things that a start can do, each with what it needs to do it and what a dry run prints of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.runner.start.capacity import Capacity
    from pyexp.scheduler.dispatch import Limits
    from pyexp.store.batch import Batch
    from pyexp.store.batches.extending import Extension
    from pyexp.store.index import RunRecord
    from pyexp.tensor.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Execute nothing, report on a batch."""

    name: str
    batch: Batch

    def lines(self) -> list[str]:
        """Return what a dry run prints."""
        return [f"no run would be executed; the report would be on {self.batch.paths.root}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Make a new batch.

    Attributes:
        name: The experiment's name.
        folder: Where its batches are.
        configs: All configs of the batch.
        chosen: Flat positions of the configs to execute.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    folder: Path
    configs: Tensor[Config]
    chosen: tuple[int, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a dry run prints."""
        runs = [str(self.configs[position]["name"]) for position in self.chosen]
        return _start_lines(self, runs, len(self.configs), f"a new batch in {self.folder}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """Execute what has not passed in an existing batch.

    Attributes:
        name: The experiment's name.
        batch: The batch.
        runs: The runs to execute, in order.
        damaged: Folders of runs that passed and whose result is damaged; they are among the open runs.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    batch: Batch
    runs: tuple[RunRecord, ...]
    damaged: tuple[str, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a dry run prints."""
        lines = _start_lines(self, [run.name for run in self.runs], len(self.batch.folders), str(self.batch.paths.root))
        return [*lines, *_damage_lines(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """Add to an existing batch what its configs have got since, and execute what has not passed.

    Attributes:
        name: The experiment's name.
        batch: The batch as it is.
        extension: What it becomes.
        runs: The runs to execute, those that are added included.
        damaged: As in `Continued`.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    batch: Batch
    extension: Extension
    runs: tuple[RunRecord, ...]
    damaged: tuple[str, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a dry run prints."""
        total = len(self.batch.folders) + len(self.extension.added)
        where = f"{self.batch.paths.root}, which gets {len(self.extension.added)} more"
        return [*_start_lines(self, [run.name for run in self.runs], total, where), *_damage_lines(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """Execute runs of an existing batch again, whatever became of them.

    Attributes:
        name: The experiment's name.
        batch: The batch.
        runs: The runs to execute, in order.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    batch: Batch
    runs: tuple[RunRecord, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a dry run prints."""
        where = f"{self.batch.paths.root}, again"
        return _start_lines(self, [run.name for run in self.runs], len(self.batch.folders), where)


Executing = Fresh | Continued | Extended | Rerun
Decision = Report | Executing


def _start_lines(decision: Executing, runs: list[str], total: int, where: str) -> list[str]:
    executor = type(decision.capacity.executor).__name__
    heading = f"{len(runs)} of {total} runs would be executed by {executor} in {where}:"
    return [heading, *(f"  {name}" for name in runs), *(f"note: {note}" for note in decision.notes)]


def _damage_lines(decision: Continued | Extended) -> list[str]:
    batch = decision.batch
    return [f"note: {batch.run(folder).result} is damaged: the run is executed again" for folder in decision.damaged]
