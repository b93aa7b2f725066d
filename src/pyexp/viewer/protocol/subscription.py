"""What a page says that it looks at, checked. Owns the message's shape and limits; knows no files and no sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from pyexp.viewer.protocol.kinds import KINDS

SUBPROTOCOL: Final = "pyexp.v1"  # of the websocket
PAIR_LIMIT: Final = 20_000
_CURSOR_LIMIT: Final = 64


class LookError(ValueError):
    """A message that cannot be understood; says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesLook:
    """Texts, figures, … of one tag that a page shows, and how many of each run it knows."""

    kind: str
    tag: int
    totals: dict[int, int]


@dataclass(slots=True, kw_only=True)
class Look:
    """Everything that one page looks at; the parts that the page already holds move on as updates are sent.

    Attributes:
        sequence: The page's number of the message.
        catalog: Revision of the catalogue that the page holds, or None when it shows none.
        epoch: Start of the server that the revision came from.
        series: By scalar tag, by run, the cursor that the page holds (None: nothing yet).
        tags: Runs whose tags the page lists, or None.
        tags_revision: What the page holds of them.
        entries: Texts, figures, images, histograms and tables shown.
        log: The run whose output is shown, or None.
        offset: How many bytes of that output the page holds.
    """

    sequence: int = 0
    catalog: int | None = None
    epoch: str | None = None
    series: dict[int, dict[int, str | None]] = field(default_factory=dict)
    tags: list[int] | None = None
    tags_revision: str | None = None
    entries: list[EntriesLook] = field(default_factory=list)
    log: int | None = None
    offset: int = 0

    def runs(self) -> set[int]:
        """Return all runs that the page looks at."""
        found = set(self.tags or ())
        for cursors in self.series.values():
            found.update(cursors)
        for shown in self.entries:
            found.update(shown.totals)
        if self.log is not None:
            found.add(self.log)
        return found


def parse_look(text: str) -> Look:
    """Read one message of a page.

    Raises:
        LookError: It is not a ``look``, or too much is asked for.
    """
    try:
        message = json.loads(text)
        if message["type"] != "look":
            raise LookError(f"Message type {cut(message['type'])} is unknown, expected 'look'.")
        look = _parse(message)
    except LookError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LookError(f"This is not a look of the protocol ({type(error).__name__}: {cut(error)}).") from error
    pairs = (
        sum(map(len, look.series.values())) + sum(len(shown.totals) for shown in look.entries) + len(look.tags or ())
    )
    if pairs > PAIR_LIMIT:
        raise LookError(f"The page looks at {pairs:,} pairs of run and tag, expected at most {PAIR_LIMIT:,}.")
    return look


def cut(value: object) -> str:
    """Cut *value* to fit into a message."""
    return str(value)[:80]


def _parse(message: dict[str, Any]) -> Look:
    look = Look(sequence=int(message.get("seq", 0)))
    if message.get("catalog") is not None:
        look.catalog = int(message["catalog"])
        look.epoch = message.get("epoch")
    for shown in message.get("series") or ():
        given = shown.get("cursors") or {}
        look.series.setdefault(int(shown["tag"]), {}).update(
            (int(run), _cursor(given.get(str(run)))) for run in shown["runs"]
        )
    # Pages that hold the same are recognised by it, whatever the order in which they named it.
    look.series = {tag: dict(sorted(cursors.items())) for tag, cursors in look.series.items()}
    if message.get("tags") is not None:
        look.tags = [int(run) for run in message["tags"]["runs"]]
        look.tags_revision = message["tags"].get("rev")
    for shown in message.get("entries") or ():
        if shown["kind"] not in KINDS or shown["kind"] == "scalars":
            raise LookError(f"Kind {cut(shown['kind'])!r} is unknown, expected one of {', '.join(KINDS[1:])}.")
        totals = shown.get("totals") or {}
        counts = {int(run): int(totals.get(str(run), -1)) for run in shown["runs"]}
        look.entries.append(EntriesLook(kind=shown["kind"], tag=int(shown["tag"]), totals=counts))
    if message.get("log") is not None:
        look.log = int(message["log"]["run"])
        look.offset = max(0, int(message["log"].get("offset", 0)))
    return look


def _cursor(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _CURSOR_LIMIT else None
