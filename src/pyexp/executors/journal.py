"""Opens a run's event log with what makes the run reproducible in it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pyexp.log.logger import Logger

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config


def open_run_log(out: Path, config: Config, commit: str | None, *, is_silent: bool = False) -> Logger:
    """Open the event log in *out*; ``config`` (YAML) and ``git_commit`` stand at iteration 0.

    With *is_silent*, the logger writes nothing.
    """
    if is_silent:
        from pyexp.log.silent import SilentLogger

        return SilentLogger(out)
    import yaml

    logger = Logger(out)
    logger.add_text("config", yaml.safe_dump(_plain(config), sort_keys=False, allow_unicode=True))
    if commit is not None:
        logger.add_text("git_commit", commit)
    return logger


def _plain(value: Any) -> Any:
    """*value* in the types that YAML has."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(part) for part in value), key=repr)
    return str(value) if isinstance(value, PurePath) else value
