"""How much a folder holds. Knows nothing of batches and runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def folder_size(folder: Path | str, known: Mapping[str, int] | None = None) -> int:
    """Return how many bytes the files below *folder* hold, links not followed.

    Args:
        folder: The folder; one that cannot be read holds nothing.
        known: Sizes of folders in it, by name, that need not be looked at.
    """
    total, known = 0, known or {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
                elif (size := known.get(entry.name)) is not None:
                    total += size
                else:
                    total += folder_size(entry.path)
    except OSError:  # removed meanwhile
        return total
    return total
