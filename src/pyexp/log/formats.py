"""Which of the two formats a folder holds, and opening it. Owns that choice; imports only the format that it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.errors import LogError, LogWriteError
from pyexp.log import lifecycle
from pyexp.log.discovery import FILE_NAME, MARKER

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.log.source import Source
    from pyexp.log.writer import Sink


def open_sink(folder: Path, *, use_protobuf: bool) -> Sink:
    """Open the log of *folder* for a new attempt, making what is missing.

    A log of the other format that holds no event gives way.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or a file that is no log under the name of one.
        ValueError: No folder can have this name.
    """
    from pyexp.log import event_file, jsonl

    try:
        place = _make_folder(folder)
        if _other_format(place, use_protobuf=use_protobuf):
            lifecycle.write_out()  # what a logger of this process may have for it
            if not (jsonl.remove_unused(place) if use_protobuf else event_file.remove_unused(place / FILE_NAME)):
                require_format(folder, use_protobuf=use_protobuf)
        (place / MARKER).touch()
        return event_file.EventFile(place / FILE_NAME) if use_protobuf else jsonl.JsonLines(place)
    except OSError as error:
        raise LogWriteError(
            f"cannot log to {str(folder)!r}: {error.strerror or error}; give a folder that can be written"
        ) from error


def _make_folder(folder: Path) -> Path:
    """Make the folder and return where it is, wherever the process goes later."""
    try:
        place = folder.absolute()
        place.mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        raise ValueError(f"cannot log to {str(folder)!r}: {error}; give the path of a folder") from error
    return place


def require_format(folder: Path, *, use_protobuf: bool) -> None:
    """Refuse a folder that is logged to in the other format.

    Raises:
        LogError: It is.
    """
    if found := _other_format(folder, use_protobuf=use_protobuf):
        raise LogError(
            f"the folder {str(folder)!r} holds a log of the other format ({found}): log to another folder, or with "
            f"use_protobuf={not use_protobuf}"
        )


def open_source(folder: Path) -> Source | None:
    """Return the log of *folder* for reading, in whichever format it is; None when there is none yet."""
    from pyexp.log.event_source import EventSource
    from pyexp.log.json_source import JsonSource
    from pyexp.log.jsonl import LOG_NAME, SCALARS_NAME, TEXT_NAME

    if (folder / FILE_NAME).exists():
        return EventSource(folder / FILE_NAME)
    if any((folder / name).exists() for name in (LOG_NAME, SCALARS_NAME, TEXT_NAME)):
        return JsonSource(folder)
    return None


def _other_format(folder: Path, *, use_protobuf: bool) -> str | None:
    from pyexp.log.jsonl import SCALARS_NAME, TEXT_NAME

    other = (SCALARS_NAME, TEXT_NAME) if use_protobuf else (FILE_NAME,)
    return next((name for name in other if (folder / name).exists()), None)
