"""One run on its way through the dispatcher, and its record on disk. Knows its folder, not what executes it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from pyexp.store.index import Index, RunRecord
from pyexp.store.outcomes import drop_previous
from pyexp.store.status import folder_fault, has_regular_result, load_status, lost_folder, save_status
from pyexp.task import Failed, Outcome, RunState, Status

if TYPE_CHECKING:
    from pyexp.config.config import Config
    from pyexp.store.batch import Batch
    from pyexp.store.layout import RunPaths


class RunInProgress:
    """A run from its first attempt of this start to its last."""

    def __init__(self, batch: Batch, folder: str) -> None:
        self._batch = batch
        self.folder = folder
        self.name = folder
        self.paths: RunPaths = batch.run(folder)
        self.state = RunState()
        self.fault: str | None = None  # what happened to its folder
        self._has_folder = False

    @property
    def attempts(self) -> int:
        """Attempts begun, those of earlier starts included."""
        return self.state.attempts

    def open(self) -> None:
        """Inspect the folder, and the status that earlier starts left.

        Raises:
            OSError: The folder is not made yet, and cannot be.
        """
        self._batch.unmade.require(self.folder)
        self.fault = lost_folder(self.paths.root)
        self._has_folder = self.fault is None
        self.state = load_status(self.paths.status, default_if_damaged=True)

    def load_config(self) -> Config:
        """Read the config, and the name in it."""
        config = self._batch.load_config(self.folder)
        self.name = config["name"]
        return config

    def begin(self, host: str, commit: str | None) -> None:
        """Note that an attempt starts now, with the code of *commit*."""
        self.state = self.state.begun(host, os.getpid(), time.time(), commit)

    def end(self, outcome: Outcome) -> None:
        """Note that the last attempt has ended with *outcome*."""
        self.state = self.state.after(outcome, time.time())

    def save(self, index: Index) -> None:
        """Write the state into the run's folder and into the batch's index.

        A folder that is gone or cannot be written fails this run alone.

        Raises:
            OSError: The disk is full, or the batch's own folder cannot be written.
        """
        if self._has_folder:
            try:
                save_status(self.paths.status, self.state)
            except OSError as error:
                self.fault = folder_fault(self.paths.root, error)
                if self.fault is None:
                    raise
                self._has_folder = False
                if self.state.status.is_final and not has_regular_result(self.paths):
                    self.end(Failed(error=f"OutputError: {self.fault}"))
        if self.state.status is Status.PASSED:
            drop_previous(self.paths)
        is_noted = self._has_folder and self.state.status.is_final
        root = os.fspath(self._batch.paths.root) if is_noted else None
        index.append(RunRecord.of(self.folder, self.name, self.state, root))
