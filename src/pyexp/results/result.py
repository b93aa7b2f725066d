"""One run's outcome. What is slow or unsafe to read is read on first use."""

from __future__ import annotations

import os
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from pyexp._files import open_regular
from pyexp.errors import DamagedFileError
from pyexp.store.outcomes import load_result, verify_result
from pyexp.store.status import load_status
from pyexp.store.summary import names_types, restore
from pyexp.task import RunState, Status

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.log.reader import LogReader
    from pyexp.store.batch import Batch
    from pyexp.store.index import RunRecord


class _Unread(Enum):
    """The placeholder of what was not read yet; the same one also in a copy."""

    UNREAD = auto()


_UNREAD: Any = _Unread.UNREAD

# Why a run has no result where nothing was recorded about it.
_WITHOUT_RESULT = {
    Status.PENDING: "NotRun: this run has not been executed yet; --continue executes it",
    Status.RUNNING: "NotFinished: this run is being executed",
    Status.FAILED: "Failed: the reason was not recorded",
    Status.TIMEOUT: "Timeout: the reason was not recorded",
    Status.INTERRUPTED: "Interrupted: the process that ran the batch was killed; --continue executes the run again",
}


class Result:
    """A run as it is on disk.

    ``config``, ``result``, ``log`` and ``logger`` are loaded on first use; making a `Result` opens no file.

    Example:
        >>> [r.name for r in experiment.results() if r.ok]  # doctest: +SKIP
        ['fast', 'slow']
    """

    __module__ = "pyexp"  # where pickles look for it, wherever it moves
    __slots__ = ("_batch", "_config", "_load_error", "_logger", "_main", "_record", "_value")

    def __init__(self, batch: Batch, record: RunRecord, main: str = "__main__") -> None:
        """Take the run of *batch* that *record* describes; *main* is the module of the experiment's script."""
        self._batch = batch
        self._record = record
        self._main = main
        self._config: Any = _UNREAD
        self._value: Any = _UNREAD
        self._logger: Any = _UNREAD
        self._load_error: str | None = None  # as text; empty once it is known to have no fault

    @property
    def name(self) -> str:
        """The config's name."""
        return self._record.name

    @property
    def out(self) -> Path:
        """The run's folder."""
        return self._batch.run(self._record.folder).root

    @property
    def config(self) -> Config:
        """The config, with ``out`` where the folder is now.

        Raises:
            DamagedFileError: ``config.json`` is missing or was altered.
        """
        if self._config is _UNREAD:
            self._config = self._batch.load_config(self._record.folder, self._record.config_stamp)
        config: Config = self._config
        return config

    @property
    def cfg(self) -> Config:
        """Short for `config`."""
        return self.config

    @property
    def status(self) -> str:
        """``pending``, ``running``, ``passed``, ``failed``, ``timeout`` or ``interrupted``."""
        return self._record.status.value

    @property
    def ok(self) -> bool:
        """Whether the run passed and its result can be read."""
        return self._record.status is Status.PASSED and self.error is None

    @property
    def result(self) -> Any:
        """What the run returned; None for a run that has not passed, or whose result cannot be read (see `error`)."""
        if self._value is _UNREAD:
            self._value = self._load() if self._record.status is Status.PASSED else None
            self._load_error = self._load_error or ""
        return self._value

    @property
    def summary(self) -> Any:
        """The plain part of `result`, read without opening the pickle; None where none was recorded.

        Arrays are shown by type and shape, other objects by their class.
        """
        return restore(self._status().summary)

    @property
    def previous(self) -> Any:
        """What an earlier attempt returned, while the run is executed again by ``--rerun``; None where there is none.

        Raises:
            DamagedFileError: It cannot be read.
        """
        paths = self._batch.run(self._record.folder)
        if paths.root.is_symlink() or not paths.previous_result.exists():
            return None
        return load_result(paths.previous_result, None, main=self._main)

    def read_result(self) -> Any:
        """Return `result` without keeping it, where it was not read before: for many runs, one after the other."""
        if self._value is not _UNREAD or self._record.status is not Status.PASSED:
            return self.result
        return self._load()

    @property
    def error(self) -> str | None:
        """Why there is no result: ``Type: message``, then the traceback; None for a run that passed and can be read.

        A run that was not executed, or whose process was killed with the batch's, has a message, too.
        """
        status = self._record.status
        if status is Status.PASSED:
            if self._load_error is None:
                self._load_error = self._find_fault()
            return self._load_error or None
        if self._record.error is None:
            return _WITHOUT_RESULT[status]
        return self._status().error or self._record.error

    @property
    def log(self) -> str:
        """What the run printed, standard output and error together; bytes that are not UTF-8 are replaced."""
        path = self._batch.run(self._record.folder).log
        try:
            file = open_regular(path)
        except OSError:
            return ""
        with file:
            return file.read().decode("utf-8", "replace")

    @property
    def logger(self) -> LogReader | None:
        """Reader of the run's event log, or None when it logged nothing."""
        if self._logger is _UNREAD:
            paths = self._batch.run(self._record.folder)
            self._logger = None
            if paths.marker.exists():
                from pyexp.log.reader import LogReader

                self._logger = LogReader(paths.root)
        reader: LogReader | None = self._logger
        return reader

    @property
    def started(self) -> datetime | None:
        """Start of the last attempt (UTC)."""
        return _moment(self._record.started)

    @property
    def finished(self) -> datetime | None:
        """End of the last attempt (UTC)."""
        return _moment(self._record.finished)

    @property
    def duration(self) -> float | None:
        """Seconds that the last attempt took."""
        return self._record.duration

    @property
    def attempts(self) -> int:
        """Attempts so far."""
        return self._record.attempts

    def __repr__(self) -> str:
        return f"Result({self.name!r}, {self.status})"

    def _repr_html_(self) -> str:
        from pyexp.results.html import result_html

        return result_html(self)

    def _status(self) -> RunState:
        return load_status(self._batch.run(self._record.folder).status, default_if_damaged=True)

    def _load(self) -> Any:
        paths = self._batch.run(self._record.folder)
        try:
            if paths.root.is_symlink():
                raise DamagedFileError(f"{paths.root} is a link: the run's folder was replaced")
            return load_result(paths.result, self._status().digest, main=self._main)
        except (DamagedFileError, OSError) as error:
            self._load_error = f"{type(error).__name__}: {error}"
            return None

    def _find_fault(self) -> str:
        """Return why the result of a run that passed cannot be read, empty if it can; nothing is kept."""
        state, paths = self._status(), self._batch.run(self._record.folder)
        # A class that the result needs may be gone.
        if state.summary is None or names_types(state.summary) or os.path.islink(paths.root):
            self._load()
            return self._load_error or ""
        try:
            verify_result(paths.result, state.digest)
        except (DamagedFileError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return ""


def _moment(seconds: float | None) -> datetime | None:
    from datetime import UTC, datetime

    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
