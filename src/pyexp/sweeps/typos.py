"""Keys that look misspelt. Owns when two keys are near each other; knows no sweeps.

Keys that are alike on purpose are allowed: ``beta1`` and ``beta2``, ``layer`` and ``layers``, ``base_lr`` and
``learning_rate``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 5
"""The length from which one edit counts as near."""

_LONG = 9
"""The length from which two edits do."""


def near_key(leaf: str, known: Iterable[str]) -> str | None:
    """Return the key of *known* that *leaf*, which is not among them, may be a misspelling of.

    Example:
        >>> near_key("learing_rate", ["name", "learning_rate"])
        'learning_rate'
        >>> near_key("lr", ["learning_rate"])
        'learning_rate'
        >>> near_key("beta2", ["beta1"]), near_key("layers", ["layer"])
        (None, None)
    """
    return next((key for key in known if isinstance(key, str) and is_near(leaf, key)), None)


@lru_cache(maxsize=4_096)
def is_near(one: str, other: str) -> bool:
    """Return whether one of two different keys is likely a misspelling of the other.

    Example:
        >>> is_near("widht", "width"), is_near("mode", "model")
        (True, False)
    """
    if one == other:
        return False
    if one in _initials(other) or other in _initials(one):
        return True
    shorter = min(len(one), len(other))
    if (
        shorter < _SHORTEST
        or _digits(one) != _digits(other)
        or other in (f"{one}s", one[:-1] if one[-1:] == "s" else "")
    ):
        return False
    return edits(one, other) <= (2 if shorter >= _LONG else 1)


def _digits(key: str) -> list[str]:
    return re.findall(r"\d", key)


def _initials(key: str) -> tuple[str, ...]:
    """Return the initials of the words of *key*, if it has several."""
    words = [word for word in key.split("_") if word]
    return ("".join(word[0] for word in words),) if len(words) > 1 else ()


def edits(one: str, other: str) -> int:
    """Return how many letters to insert, drop, replace, or swap with their neighbour turn *one* into *other*.

    Source: optimal string alignment, the restricted Damerau-Levenshtein distance.

    Example:
        >>> edits("widht", "width"), edits("widt", "width"), edits("depth", "width")
        (1, 1, 3)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
