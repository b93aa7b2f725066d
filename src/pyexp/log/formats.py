"""Which of the two formats a folder holds, and opening it. Owns that choice; imports only the format that it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.errors import LogWriteError
from pyexp.log.queue import exit_hooks
from pyexp.log.values.file_layout import (
    EVENTS_NAME,
    LOG_NAME,
    MARKER,
    SCALARS_NAME,
    TEXT_NAME,
    other_format,
    require_format,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.log.queue.sinks import Sink
    from pyexp.log.values.source import Source


def open_sink(folder: Path, *, use_protobuf: bool) -> Sink:
    """Open the log of *folder* for a new attempt, making what is missing.

    A log of the other format that holds no event is replaced.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or a file that is not a log but has the name of one.
        ValueError: No folder can have this name.
    """
    from pyexp.log.eventfile import sink as event_file
    from pyexp.log.jsonlines import sink as jsonl

    try:
        place = _make_folder(folder)
        if other_format(place, use_protobuf=use_protobuf):
            exit_hooks.write_out()  # what a logger of this process may have queued for it
            if not (jsonl.remove_unused(place) if use_protobuf else event_file.remove_unused(place / EVENTS_NAME)):
                require_format(folder, use_protobuf=use_protobuf)
        (place / MARKER).touch()
        return event_file.EventFile(place / EVENTS_NAME) if use_protobuf else jsonl.JsonLines(place)
    except OSError as error:
        raise LogWriteError(
            f"cannot log to {str(folder)!r}: {error.strerror or error}; give a folder that can be written"
        ) from error


def _make_folder(folder: Path) -> Path:
    """Make the folder and return where it is, whichever folder the process changes to."""
    try:
        place = folder.absolute()
        place.mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        raise ValueError(f"cannot log to {str(folder)!r}: {error}; give the path of a folder") from error
    return place


def remove_event_file(folder: Path) -> None:
    """Remove the event file of a folder and the mark of a run, as far as they are there.

    Raises:
        OSError: They cannot be removed.
    """
    for name in (EVENTS_NAME, MARKER):
        (folder / name).unlink(missing_ok=True)


def open_source(folder: Path) -> Source | None:
    """Return the log of *folder* for reading, in the format that it has; None when nothing was logged yet."""
    from pyexp.log.eventfile.reading.source import EventSource
    from pyexp.log.jsonlines.source import JsonSource

    if (folder / EVENTS_NAME).exists():
        return EventSource(folder / EVENTS_NAME)
    if any((folder / name).exists() for name in (LOG_NAME, SCALARS_NAME, TEXT_NAME)):
        return JsonSource(folder)
    return None
