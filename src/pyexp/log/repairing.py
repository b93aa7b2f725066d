"""`repair`: makes a log whole again that a kill left torn. Owns what that means for each format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.log import event_file, jsonl
from pyexp.log.discovery import FILE_NAME

if TYPE_CHECKING:
    import os


def repair(path: str | os.PathLike[str]) -> int:
    """Cut off what a kill left torn at the end of a log; return how many bytes that were.

    Readers do not need it, and opening a `Logger` does it too; tools that want a whole protobuf message do.

    Args:
        path: A run's folder, or its ``events.pb``.

    Raises:
        FileNotFoundError: There is no log.
    """
    given = Path(path)
    file = given / FILE_NAME if given.is_dir() else given
    if file.exists():
        return event_file.repair(file)
    names = [name for name in (jsonl.SCALARS_NAME, jsonl.TEXT_NAME, jsonl.LOG_NAME) if (given / name).exists()]
    if not names:
        raise FileNotFoundError(f"no log in {str(given)!r}: give a run's folder or its {FILE_NAME}")
    return sum(jsonl.cut_torn_line(given / name) for name in names)
