"""Names as the page shows and sorts them. Knows nothing of what is named."""

from __future__ import annotations

import re
from typing import Final

NAME_LIMIT: Final = 300
_NUMBER: Final = re.compile(r"(\d{1,18})")


def cut_name(name: str) -> str:
    """Cut *name* to `NAME_LIMIT` characters, without those that UTF-8 cannot encode."""
    shown = name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"
    return shown.encode("utf-8", "replace").decode()


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sort ``layer2`` before ``layer10``."""
    parts = _NUMBER.split(name[:NAME_LIMIT])
    return [(0, int(part)) if index % 2 else (1, part) for index, part in enumerate(parts)]
