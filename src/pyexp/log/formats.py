"""Which of the two formats a folder holds, and opening it. Owns that choice; imports only the format that it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.errors import LogError, LogWriteError
from pyexp.log.discovery import FILE_NAME, MARKER

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.log.source import Source
    from pyexp.log.writer import Sink


def open_sink(folder: Path, *, use_protobuf: bool) -> Sink:
    """Open the log of *folder* for a new attempt, making what is missing.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format.
    """
    from pyexp.log import event_file, jsonl

    other = [jsonl.SCALARS_NAME, jsonl.TEXT_NAME] if use_protobuf else [FILE_NAME]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if found := next((name for name in other if (folder / name).exists()), None):
            raise LogError(
                f"the folder {str(folder)!r} holds a log of the other format ({found}): log to another folder, or with "
                f"use_protobuf={not use_protobuf}"
            )
        (folder / MARKER).touch()
        return event_file.EventFile(folder / FILE_NAME) if use_protobuf else jsonl.JsonLines(folder)
    except OSError as error:
        raise LogWriteError(
            f"cannot log to {str(folder)!r}: {error.strerror or error}; give a folder that can be written"
        ) from error


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
