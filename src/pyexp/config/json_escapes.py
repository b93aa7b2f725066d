r"""Surrogate pairs as JSON escapes them, ``"\ud83d\ude00"``, which YAML does not know. Owns finding and joining them.

JSON spells a character beyond U+FFFF as two escapes; YAML has one for it, ``"\U0001f600"``. Only in double quotes is
either an escape: elsewhere the same letters are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_HIGH, _LOW = r"[dD][89abAB][0-9a-fA-F]{2}", r"[dD][c-fC-F][0-9a-fA-F]{2}"
_PAIR = re.compile(rf"(?<!\\)(?:\\\\)*(\\u({_HIGH})\\u({_LOW}))")
_SHORTER = 2  # characters by which a joined escape is shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A text whose pairs are joined into escapes that YAML knows.

    Attributes:
        text: The text.
        places: Where the joined escapes begin in it.
    """

    text: str
    places: tuple[int, ...]

    def column(self, mark: Any) -> int:
        """Return the column that *mark*, a place in this text, has in the one before."""
        line_start = mark.index - mark.column
        joined_before = sum(line_start <= place < mark.index for place in self.places)
        return int(mark.column + _SHORTER * joined_before)

    def within(self, start: int, end: int) -> set[int]:
        """Return which of the pairs, by number, lie between two places in this text."""
        return {number for number, place in enumerate(self.places) if start <= place < end}


def join_pairs(text: str, literal: frozenset[int] | set[int] = frozenset()) -> Joined:
    r"""Join the pairs in *text*, except those whose numbers are in *literal*.

    Example:
        >>> join_pairs(r'["\ud83d\ude00", "\\ud83d"]').text
        '["\\U0001f600", "\\\\ud83d"]'
    """
    pieces: list[str] = []
    places: list[int] = []
    done = length = 0
    for number, pair in enumerate(_PAIR.finditer(text)):
        if number not in literal:
            before = text[done : pair.start(1)]
            places.append(length + len(before))
            pieces += (before, rf"\U{_code_point(pair[2], pair[3]):08x}")
            length += len(before) + len(pieces[-1])
            done = pair.end(1)
    return Joined(text="".join([*pieces, text[done:]]), places=tuple(places))


def _code_point(high: str, low: str) -> int:
    """Return the code point that a pair stands for (The Unicode Standard, 3.8, D75 and D76)."""
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)
