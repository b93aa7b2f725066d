"""Which files that git does not track a snapshot takes: sources before data, and data within limits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SOURCES = (".py", ".pyi", ".ipynb", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much untracked data a snapshot takes.

    Attributes:
        file_bytes: Largest file.
        total_bytes: Largest sum of all files.
    """

    file_bytes: int = 10_000_000
    total_bytes: int = 200_000_000


def choose(paths: Sequence[str], top: str, limits: Limits) -> tuple[list[str], dict[str, int]]:
    """Split *paths* in the folder *top* into those to take and those to leave out, with their sizes.

    What cannot be read, or is gone, is left out, too.
    """
    sizes = {path: _size(os.path.join(top, path)) for path in paths}
    taken, left_out, total = [], {}, 0
    for path in sorted(sizes, key=lambda path: (not path.endswith(_SOURCES), sizes[path] or 0)):
        size = sizes[path]
        if size is None:
            continue
        if size <= limits.file_bytes and total + size <= limits.total_bytes:
            taken.append(path)
            total += size
        else:
            left_out[path] = size
    return taken, left_out


def describe_left_out(left_out: dict[str, int], limits: Limits) -> str:
    """Return one sentence on what a snapshot lacks, and what to do about it."""
    largest = max(left_out, key=lambda path: left_out[path])
    count = "an untracked file is" if len(left_out) == 1 else f"{len(left_out)} untracked files are"
    return (
        f"{count} not in the git snapshot ({_amount(sum(left_out.values()))}; the largest is {largest}): "
        f"it takes files up to {_amount(limits.file_bytes)} each and {_amount(limits.total_bytes)} together; "
        f"to have one in it, `git add` it; to say that it does not belong there, list it in .gitignore"
    )


def _size(path: str) -> int | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_size if os.path.islink(path) or os.access(path, os.R_OK) else None


def _amount(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":  # noqa: PLR2004 — the step between the units
            break
        size /= 1000
    return f"{size:.3g} {unit}"
