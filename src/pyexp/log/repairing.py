"""`repair`: makes a log whole again that a kill left torn. Owns what that means for each format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.log.eventfile import repair as repairs
from pyexp.log.jsonlines import sink as jsonl
from pyexp.log.values.file_layout import EVENTS_NAME, LOG_NAME, SCALARS_NAME, TEXT_NAME

if TYPE_CHECKING:
    import os

_JSON_NAMES = (SCALARS_NAME, TEXT_NAME, LOG_NAME)


def repair(path: str | os.PathLike[str]) -> int:
    """Make whole what a kill left torn in a log; return how many bytes were cut off or covered.

    A torn end is cut off. A torn stretch with whole records behind it is covered by a record without meaning, which
    always counts as damage. No whole record is touched. Readers do not need any of this, and opening a `Logger`
    cuts, too; tools that want a whole protobuf message do need it.

    Args:
        path: A run's folder, or a file of its log.

    Raises:
        FileNotFoundError: There is no log.
        LogError: The file is not a log; it stays as it is.
    """
    given = Path(path)
    folder = given.parent if given.name in _JSON_NAMES and given.is_file() else given
    file = folder / EVENTS_NAME if folder.is_dir() else folder
    if file.exists():
        return repairs.repair(file)
    names = [name for name in _JSON_NAMES if (folder / name).exists()]
    if not names:
        raise FileNotFoundError(f"no log in {str(given)!r}: give a run's folder or its {EVENTS_NAME}")
    return sum(jsonl.repair_last_line(folder / name) for name in names)
