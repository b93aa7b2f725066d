"""A run's ``status.json``: written whole by the dispatcher, read by everybody."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyexp._files import write_atomic
from pyexp.errors import DamagedFileError
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.store.layout import RunPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """What ``status.json`` tells.

    Attributes:
        status: Where the run stands.
        started: Start of its last attempt, seconds since 1970 (UTC).
        finished: End of its last attempt, seconds since 1970 (UTC).
        duration: Seconds between the two.
        attempts: Attempts so far, those of earlier starts included.
        error: First line ``Type: message``, then the traceback.
        host: Where it ran.
        pid: The process that ran it; while it runs, and where its end was not its own (a time-out, an interruption),
            the one that runs the batch.
        exit: The process's exit code, when it ended by itself without a result.
        signal: Name of the signal that killed it.
        digest: ``sha256:<hex>`` of ``result.pkl``.
    """

    status: Status = Status.PENDING
    started: float | None = None
    finished: float | None = None
    duration: float | None = None
    attempts: int = 0
    error: str | None = None
    host: str | None = None
    pid: int | None = None
    exit: int | None = None
    signal: str | None = None
    digest: str | None = None


def load_status(path: Path, *, default_if_damaged: bool = False) -> RunStatus:
    """Read the status file *path*; a missing one reads as pending, and a damaged one too if asked for.

    Raises:
        DamagedFileError: The file is there and does not hold a status.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return RunStatus()
    try:
        fields: dict[str, Any] = json.loads(data)
        known = {key: fields[key] for key in RunStatus.__slots__ if key in fields}
        known["status"] = Status(known["status"])
        return RunStatus(**known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if default_if_damaged:
            return RunStatus()
        raise DamagedFileError(
            f"{path} does not hold a run's status ({error}): the run counts by its result"
        ) from error


def save_status(path: Path, status: RunStatus) -> None:
    """Replace the status file *path*."""
    # A line per field, for people; json's own indentation would not use its fast encoder.
    fields = {key: getattr(status, key) for key in RunStatus.__slots__}
    write_atomic(path, json.dumps(fields, separators=(",\n ", ": ")).encode() + b"\n")


def settled_status(paths: RunPaths, status: RunStatus, *, is_live: bool) -> Status:
    """What a run's files say of it: a result means passed, whatever a killed owner left in ``status.json``."""
    if has_regular_result(paths):
        return Status.PASSED
    if status.status is Status.PASSED or (status.status is Status.RUNNING and not is_live):
        return Status.INTERRUPTED
    return status.status


def has_regular_result(paths: RunPaths) -> bool:
    """Whether the run's folder holds a result; a link, or one behind a link, is none."""
    return os.path.isfile(paths.result) and not os.path.islink(paths.result) and not os.path.islink(paths.root)


def readable_status(paths: RunPaths) -> RunStatus:
    """What the run's status file tells; a damaged one reads as interrupted."""
    try:
        return load_status(paths.status)
    except DamagedFileError:
        return RunStatus(status=Status.INTERRUPTED)
