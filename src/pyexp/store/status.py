"""A run's ``status.json``: written whole by the dispatcher, read by all others."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any, Final

from pyexp._cpython import json_encoder
from pyexp._files import is_own_folder, write_atomic
from pyexp._record import names_of
from pyexp.errors import DamagedFileError
from pyexp.task import RunState, Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.store.layout import RunPaths


# Errors that other runs have too, and errors of one file or folder.
_OF_THE_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE})
_OF_THE_PLACE: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.EEXIST, errno.ENOTEMPTY}
)
_GONE: Final = "its folder is gone"
_UNWRITABLE: Final = "its folder cannot be written"
_LISTS: Final = ("commits", "code_changed")
_NAMES: Final = names_of(RunState)
# A line per field, for people; json's own indentation would not use its fast encoder.
_encode = json_encoder((",\n ", ": "))


def load_status(path: Path, *, default_if_damaged: bool = False) -> RunState:
    """Read the status file *path*; a missing one reads as pending, and a damaged one too if asked for.

    Raises:
        DamagedFileError: The file is there and does not hold a status.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return RunState()
    except OSError as error:
        if default_if_damaged:
            return RunState()
        raise DamagedFileError(f"{path} cannot be read ({error.strerror}): the run counts by its result") from error
    try:
        found: dict[str, Any] = json.loads(data)
        known = {name: found[name] for name in _NAMES if name in found}
        known["status"] = Status(known["status"])
        known |= {name: tuple(known[name]) for name in _LISTS if known.get(name) is not None}
        return RunState(**known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if default_if_damaged:
            return RunState()
        raise DamagedFileError(
            f"{path} does not hold a run's status ({error}): the run counts by its result"
        ) from error


def save_status(path: Path, status: RunState) -> None:
    """Replace the status file *path*."""
    told = {"status": status.status, "duration": status.duration} | {name: getattr(status, name) for name in _NAMES}
    write_atomic(path, _encode(told).encode() + b"\n")


def settled_status(paths: RunPaths, status: RunState, *, is_live: bool) -> Status:
    """Return the status that a run's files show: a result means passed, whatever ``status.json`` says."""
    if has_regular_result(paths):
        return Status.PASSED
    if status.status is Status.PASSED or (status.status is Status.RUNNING and not is_live):
        return Status.INTERRUPTED
    return status.status


def has_regular_result(paths: RunPaths) -> bool:
    """Return whether the run's folder holds a result; a link, or a file behind a link, is not one."""
    return os.path.isfile(paths.result) and not os.path.islink(paths.result) and not os.path.islink(paths.root)


def readable_status(paths: RunPaths) -> RunState:
    """Return what the run's status file holds; a damaged one reads as interrupted."""
    try:
        return load_status(paths.status)
    except DamagedFileError:
        return RunState(status=Status.INTERRUPTED)


def folder_fault(root: Path, error: OSError) -> str | None:
    """Return what is wrong with the run folder *root*, where *error* was met; None when more than it is affected."""
    if error.errno in _OF_THE_DISK or not root.parent.is_dir() or not os.access(root.parent, os.W_OK):
        return None
    if (lost := lost_folder(root)) is not None:
        return lost
    return f"{_UNWRITABLE}: {root}: {error.strerror}" if error.errno in _OF_THE_PLACE else None


def is_folder_fault(error: str | None) -> bool:
    """Return whether *error* is one of the run's folder, in which no status could be written then."""
    return any(fault in (error or "") for fault in (_GONE, _UNWRITABLE))


def lost_folder(root: Path) -> str | None:
    """Return a message if the run folder *root* does not exist any more, else None."""
    if is_own_folder(root):
        return None
    return f"{_GONE}: {root} was removed, renamed or replaced while the batch ran"
