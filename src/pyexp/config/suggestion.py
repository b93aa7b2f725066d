"""The nearest names to one that was not found, for the end of an error message; the only place that compares them."""

from __future__ import annotations

from itertools import islice
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
    names = [candidate for candidate in candidates if isinstance(candidate, str)]
    if not names:
        return "there are none"
    if close := close_names(name, names):
        return f"did you mean {' or '.join(map(repr, close))}?"
    listed = ", ".join(map(repr, names[:_LISTED]))
    return f"there are: {listed}{', …' if len(names) > _LISTED else ''}"


def close_names(name: str, names: Iterable[str], *, count: int = 3, likeness: float = 0.6) -> list[str]:
    """Return up to *count* of *names* that are like *name*, the most alike first.

    Args:
        name: What was not found.
        names: What there is; of very many, the first are compared.
        count: How many to return at most.
        likeness: From 0 for any to 1 for equal ones.

    Example:
        >>> close_names("sed", ["seed", "lr"]), close_names("2026", ["2025-01-02"], likeness=0)
        (['seed'], ['2025-01-02'])
    """
    from difflib import get_close_matches

    return get_close_matches(name, list(islice(names, _SEARCHED)), n=count, cutoff=likeness)
