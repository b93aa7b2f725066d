"""One run on its way through the dispatcher, and its record on disk. Knows its folder, not who executes it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyexp.store.index import Index, RunRecord, first_line
from pyexp.store.status import RunStatus, load_status, save_status
from pyexp.task import Outcome, Passed, Status

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
        self.status = RunStatus()
        self._has_folder = False

    @property
    def attempts(self) -> int:
        """Attempts begun, those of earlier starts included."""
        return self.status.attempts

    def open(self) -> None:
        """Look at the folder, and at the status that earlier starts left."""
        self._has_folder = self.paths.root.is_dir() and not self.paths.root.is_symlink()
        self.status = load_status(self.paths.status, default_if_damaged=True)

    def load_config(self) -> Config:
        """Read the config, and the name in it."""
        config = self._batch.load_config(self.folder)
        self.name = config["name"]
        return config

    def begin(self, host: str) -> None:
        """An attempt starts now."""
        self.status = RunStatus(
            status=Status.RUNNING, started=time.time(), attempts=self.status.attempts + 1, host=host, pid=os.getpid()
        )

    def end(self, outcome: Outcome) -> None:
        """The last attempt came to *outcome*."""
        finished = time.time()
        started = self.status.started if self.status.started is not None else finished
        common: dict[str, Any] = {"started": started, "finished": finished, "duration": finished - started}
        if outcome.pid is not None:
            common["pid"] = outcome.pid
        if isinstance(outcome, Passed):
            self.status = replace(self.status, **common, status=Status.PASSED, digest=outcome.digest)
        else:
            self.status = replace(
                self.status,
                **common,
                status=outcome.status,
                error=outcome.error,
                exit=outcome.exit_code,
                signal=outcome.signal,
            )

    def save(self, index: Index) -> None:
        """Write the state into the run's folder and into the batch's index."""
        status = self.status
        if self._has_folder:
            save_status(self.paths.status, status)
        index.append(
            RunRecord(
                folder=self.folder,
                name=self.name,
                status=status.status,
                started=status.started,
                finished=status.finished,
                attempts=status.attempts,
                error=first_line(status.error),
            )
        )
