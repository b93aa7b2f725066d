"""What the files of a log folder are called, and which of the two formats a folder holds. Opens no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyexp.errors import LogError

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = ".pyexp"
EVENTS_NAME: Final = "events.pb"
SCALARS_NAME: Final = "scalars.jsonl"
TEXT_NAME: Final = "text.jsonl"
LOG_NAME: Final = "log.jsonl"


def require_format(folder: Path, *, use_protobuf: bool) -> None:
    """Refuse a folder that is logged to in the other format.

    Raises:
        LogError: It is.
    """
    if found := other_format(folder, use_protobuf=use_protobuf):
        raise LogError(
            f"the folder {str(folder)!r} holds a log of the other format ({found}): log to another folder, or with "
            f"use_protobuf={not use_protobuf}"
        )


def other_format(folder: Path, *, use_protobuf: bool) -> str | None:
    """Return the name of a file in *folder* that is of the other format; None without one."""
    other = (SCALARS_NAME, TEXT_NAME) if use_protobuf else (EVENTS_NAME,)
    return next((name for name in other if (folder / name).exists()), None)
