"""The only place that spells a file name of a batch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pyexp._cpython import child_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

RUNS: Final = "runs.json"
FACTS: Final = "batch.json"
INDEX: Final = "index.jsonl"
OWNER: Final = ".owner"
CONFIG: Final = "config.json"
STATUS: Final = "status.json"
RESULT: Final = "result.pkl"
LOG: Final = "log.out"

_TIMESTAMP: Final = r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?:_(\d+))?"


class BatchPaths:
    """Paths of one batch folder (``out/<experiment>/<timestamp>``)."""

    __slots__ = ("_prefix", "root")

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prefix = f"{root}{os.sep}"

    @property
    def timestamp(self) -> str:
        """Name of the batch."""
        return self.root.name

    @property
    def runs(self) -> Path:
        """Shape, axes and run folders; a batch exists once this file does."""
        return child_of(self.root, RUNS)

    @property
    def facts(self) -> Path:
        """``batch.json``: how, where and from what the batch was started."""
        return child_of(self.root, FACTS)

    @property
    def configs(self) -> Path:
        """``configs.jsonl``: the runs' configs once more, for a run folder that was removed."""
        return child_of(self.root, "configs.jsonl")

    @property
    def index(self) -> Path:
        """Append-only record of the runs' states."""
        return child_of(self.root, INDEX)

    @property
    def owner(self) -> Path:
        """The process that works on the batch; locked while it does."""
        return child_of(self.root, OWNER)

    @property
    def code(self) -> Path:
        """State of the user's work tree at the start, while the batch runs."""
        return child_of(self.root, ".code")

    @property
    def server_log(self) -> Path:
        """Output of the script's top in the process that runs are forked from; removed when there was none."""
        return child_of(self.root, "forkserver.out")

    @property
    def report(self) -> Path:
        """Folder of what the report writes."""
        return child_of(self.root, "report")

    def run(self, folder: str) -> RunPaths:
        """Return the paths of the run in *folder*."""
        return RunPaths(child_of(self.root, folder))

    def config_of(self, folder: str) -> str:
        """Return the config of the run in *folder* as text: ten thousand path objects take long to make."""
        return f"{self._prefix}{folder}{os.sep}{CONFIG}"

    def status_of(self, folder: str) -> str:
        """Return the status of the run in *folder* as text."""
        return f"{self._prefix}{folder}{os.sep}{STATUS}"

    def result_of(self, folder: str) -> str:
        """Return the result of the run in *folder* as text."""
        return f"{self._prefix}{folder}{os.sep}{RESULT}"


class RunPaths:
    """Paths of one run folder (``<config_name>-<hash>``)."""

    __slots__ = ("root",)

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def config(self) -> Path:
        """The run's config."""
        return child_of(self.root, CONFIG)

    @property
    def status(self) -> Path:
        """State, times, attempts and error."""
        return child_of(self.root, STATUS)

    @property
    def result(self) -> Path:
        """The pickled return value; exists exactly when the run passed."""
        return child_of(self.root, RESULT)

    @property
    def staged_result(self) -> Path:
        """The result of a custom executor, until it is known to be whole."""
        return child_of(self.root, ".staged.pkl")

    @property
    def previous_result(self) -> Path:
        """The result that a run had before it was run again; there until it has a new one."""
        return child_of(self.root, "result.pkl.previous")

    @property
    def corrupt_result(self) -> Path:
        """A damaged result, set aside."""
        return child_of(self.root, "result.pkl.corrupt")

    @property
    def log(self) -> Path:
        """The run's output."""
        return child_of(self.root, LOG)

    @property
    def marker(self) -> Path:
        """The mark of a folder with an event log."""
        return child_of(self.root, ".pyexp")

    @property
    def checkpoints(self) -> Path:
        """Folder of the run's checkpoints."""
        return child_of(self.root, ".checkpoints")

    @property
    def previous_checkpoints(self) -> Path:
        """Checkpoints that a run had before it was run again; there until it has a new result."""
        return child_of(self.root, ".checkpoints.previous")

    def checkpoint(self, name: str, call: int) -> Path:
        """Return the file of the *call*-th call (from 1) of the checkpoint *name*."""
        return self.checkpoints / (f"{name}.pkl" if call == 1 else f"{name}.{call}.pkl")


def format_timestamp(moment: datetime, serial: int = 1) -> str:
    """Return the name of the *serial*-th batch started in the second of *moment*."""
    stamp = moment.strftime("%Y-%m-%d_%H-%M-%S")
    return stamp if serial == 1 else f"{stamp}_{serial}"


def timestamp_key(name: str) -> tuple[str, int] | None:
    """Return the sort key of a batch folder's name, or None for any other name."""
    import re

    match = re.fullmatch(_TIMESTAMP, name)
    return (match[1], int(match[2] or 1)) if match else None
