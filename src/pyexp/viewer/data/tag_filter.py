"""The filter of tags: a regular expression over all names, with limits, since any user of the page may type one.

Owns the limits and the sentences about a pattern that cannot be used. Call it in a thread: it may take its whole time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pyexp._optional import import_extra

if TYPE_CHECKING:
    from collections.abc import Iterable

PATTERN_LIMIT: Final = 200
TIME_LIMIT_S: Final = 0.2


class PatternError(ValueError):
    """A pattern that cannot be used; says why."""


class TagFilter:
    """Finds the names in which a pattern occurs, in `TIME_LIMIT_S` altogether; an empty pattern passes every name."""

    def __init__(self, text: str) -> None:
        """Read the pattern; letters count alike whatever their case.

        Raises:
            PatternError: It is too long, or none.
        """
        if len(text) > PATTERN_LIMIT:
            raise PatternError(f"The pattern has {len(text):,} letters, expected at most {PATTERN_LIMIT}.")
        self._pattern = _compiled(text) if text else None
        self._until = time.thread_time() + TIME_LIMIT_S  # a busy machine must not refuse a simple pattern

    def passing(self, names: Iterable[str]) -> list[str]:
        """Return those of *names* in which the pattern occurs.

        Raises:
            PatternError: The time is up.
        """
        pattern = self._pattern
        return list(names) if pattern is None else [name for name in names if self._is_in(name, pattern)]

    def _is_in(self, name: str, pattern: Any) -> bool:
        left_s = self._until - time.thread_time()
        try:
            if left_s > 0:
                return pattern.search(name, timeout=left_s) is not None
        except TimeoutError:
            pass
        raise PatternError(f"The pattern takes longer than {TIME_LIMIT_S:g} s on these tags: simplify it.")


def _compiled(text: str) -> Any:
    regex = import_extra("regex", "viewer", "filtering tags")
    try:
        return regex.compile(text, regex.IGNORECASE)
    except (regex.error, OverflowError, MemoryError, RecursionError) as error:
        raise PatternError(f"Not a valid pattern: {str(error)[:120]}.") from error
