"""The end of an error message: the nearest names to one that was not found. Knows nothing of what the names are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEARCHED = 2_000
_LISTED = 8


def nearest(name: str, candidates: Iterable[object]) -> str:
    """Return a phrase that names the *candidates* nearest to *name*, or all of them.

    Example:
        >>> nearest("learning_rat", ["epochs", "learning_rate"])
        "did you mean 'learning_rate'?"
        >>> nearest("x", ["epochs", "learning_rate"])
        "there are: 'epochs', 'learning_rate'"
    """
    from difflib import get_close_matches

    names = [candidate for candidate in candidates if isinstance(candidate, str)]
    if not names:
        return "there are none"
    if close := get_close_matches(name, names[:_SEARCHED], n=3):
        return f"did you mean {' or '.join(map(repr, close))}?"
    listed = ", ".join(map(repr, names[:_LISTED]))
    return f"there are: {listed}{', …' if len(names) > _LISTED else ''}"
