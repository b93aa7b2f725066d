"""Query parameters of a request, checked against a list of what is known. Knows no files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from pyexp.viewer.protocol.errors import AnswerError, UnknownIdError

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiohttp import web

    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.library import Library

RUN_LIMIT: Final = 1_000
# What statistics and lists are made over: as many as the catalogue holds.
ALL_RUNS_LIMIT: Final = 20_000
_DIGITS: Final = 16
_KEY_LIMIT: Final = 1_000
_KEYS_LIMIT: Final = 100


class Query:
    """The parameters of one request; each value is a number, an id or one of a few words."""

    def __init__(self, request: web.Request, library: Library, known: Collection[str]) -> None:
        """Check the names of the parameters.

        Raises:
            AnswerError: A name is not in *known*, or given twice.
        """
        self._given = request.query
        self._library = library
        for name in self._given:
            if name not in known:
                raise AnswerError(400, f"Parameter {name[:40]!r} is unknown here, expected {', '.join(sorted(known))}.")
            if len(self._given.getall(name)) > 1:
                raise AnswerError(400, f"Parameter {name!r} is given twice, expected once.")

    def run(self) -> RunEntry:
        """Return the run that ``run`` names."""
        return self._library.catalog.run(self.id("run"))

    def runs(self) -> list[int]:
        """Return the ids in ``runs``."""
        return self.ids("runs", RUN_LIMIT)

    def all_runs(self) -> list[int]:
        """Return the ids in ``runs``, for answers whose size does not grow with their number."""
        return self.ids("runs", ALL_RUNS_LIMIT)

    def id(self, name: str) -> int:
        """Return the id *name*.

        Raises:
            UnknownIdError: It is missing, or no id: as unknown as any other.
        """
        return _id(self._given.get(name, ""))

    def ids(self, name: str, limit: int) -> list[int]:
        """Return the comma separated ids *name*."""
        given = self._given.get(name, "")
        parts = given.split(",") if given else []
        if len(parts) > limit:
            raise AnswerError(413, f"Parameter {name!r} holds {len(parts):,} ids, expected at most {limit:,}.")
        return list(dict.fromkeys(map(_id, parts)))

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return the whole number *name*, clipped to *low* and *high*."""
        found = self.optional_integer(name)
        return default if found is None else max(low, min(high, found))

    def optional_integer(self, name: str) -> int | None:
        """Return the whole number *name*; None when it is missing."""
        given = self._given.get(name)
        if given is None:
            return None
        digits = given.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS + 3):
            raise AnswerError(400, f"Parameter {name!r} is {given[:40]!r}, expected a whole number.")
        return int(given)

    def word(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        """Return one of the words *choices*."""
        given = self._given.get(name, default)
        if given is None or given not in choices:
            shown = None if given is None else given[:40]
            raise AnswerError(400, f"Parameter {name!r} is {shown!r}, expected one of {', '.join(choices)}.")
        return given

    def optional_text(self, name: str) -> str:
        """Return a text that is only compared, never used as a path; empty when it is missing."""
        given = self._given.get(name, "")
        if len(given) > _KEY_LIMIT:
            raise AnswerError(400, f"Parameter {name!r} is longer than {_KEY_LIMIT:,} characters.")
        return given

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a JSON list of such texts."""
        try:
            found = json.loads(self._given.get(name, ""))
        except (ValueError, RecursionError):
            found = None
        is_list = isinstance(found, list) and 0 < len(found) <= _KEYS_LIMIT
        if not is_list or not all(isinstance(text, str) and len(text) <= _KEY_LIMIT for text in found):
            raise AnswerError(400, f"Parameter {name!r} is not a list of texts, expected 1 to {_KEYS_LIMIT} as JSON.")
        return tuple(found)

    def flag(self, name: str) -> bool:
        """Return whether *name* is 1; False when it is missing."""
        return self.word(name, ("0", "1"), "0") == "1"

    def fraction(self, name: str) -> float:
        """Return a number from 0 to below 1; 0 when it is missing."""
        found = self._number(name, 0.0)
        if not 0 <= found < 1:
            raise AnswerError(400, f"Parameter {name!r} is {found:g}, expected at least 0 and less than 1.")
        return found

    def x_range(self) -> tuple[float, float] | None:
        """Return the bounds ``from`` and ``to``: infinite where one is missing, None where both are."""
        if "from" not in self._given and "to" not in self._given:
            return None
        return self._number("from", -math.inf), self._number("to", math.inf)

    def _number(self, name: str, default: float) -> float:
        given = self._given.get(name)
        try:
            found = default if given is None else float(given)
        except ValueError:
            found = math.nan
        if math.isnan(found):
            raise AnswerError(400, f"Parameter {name!r} is {str(given)[:40]!r}, expected a number.")
        return found


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise UnknownIdError
    return int(text)
