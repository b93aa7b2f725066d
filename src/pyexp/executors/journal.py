"""The opening of a run's event log, with what makes the run reproducible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.executors.config_text import config_text
from pyexp.log.logger import Logger

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config


def open_run_log(out: Path, config: Config, commit: str | None, *, is_silent: bool = False) -> Logger:
    """Open the event log in *out*; ``config`` (YAML) and ``git_commit`` are logged at iteration 0.

    With *is_silent*, the logger writes nothing.
    """
    if is_silent:
        from pyexp.log.silent import SilentLogger

        return SilentLogger(out)
    logger = Logger(out)
    logger.add_text("config", config_text(config))
    if commit is not None:
        logger.add_text("git_commit", commit)
    return logger


def import_log() -> None:
    """Import all that an event log needs, once for the runs that are forked from this process."""
    import yaml  # noqa: F401 — for the runs

    import pyexp.log.call.arrays
    import pyexp.log.eventfile.sink
    import pyexp.log.folder.presence
    import pyexp.log.folder.whereabouts
    import pyexp.log.jsonlines.sink  # noqa: F401 — all five are for the runs
