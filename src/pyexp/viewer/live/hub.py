"""The open pages, and what is out of date on each: marks instead of messages, so that a slow page holds no backlog.

Owns who must be updated; does not know what is sent (`updates`) and how (`websocket`). All runs on the loop.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyexp.viewer.protocol.subscription import Look

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable


@dataclass(slots=True, frozen=True)
class Stale:
    """What is out of date on a page.

    Attributes:
        runs: Runs whose event log may have grown.
        output: The shown output may have grown.
        is_new: The page looks at something else than before: everything is to be checked.
    """

    runs: frozenset[int]
    output: bool
    is_new: bool


@dataclass(slots=True, eq=False)
class Page:
    """One websocket: what it looks at, and marks of what changed since it was last sent something.

    Attributes:
        cut_off: Ends the connection at once.
        look: What the page looks at.
        rest_until: Moment (monotonic) before which it is sent nothing more, so that updates merge.
        sending_since: Moment at which the send began that is not over yet, or None.
    """

    cut_off: Callable[[], None]
    look: Look = field(default_factory=Look)
    rest_until: float = 0.0
    sending_since: float | None = None
    _runs: set[int] = field(default_factory=set)
    _output: bool = False
    _is_new: bool = False
    _watched: frozenset[int] = frozenset()
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, look: Look) -> None:
        """Replace what the page looks at."""
        self.look = look
        self._watched = frozenset(look.runs())
        self._is_new = True
        self._wake.set()

    @property
    def watched(self) -> frozenset[int]:
        """The runs that the page looks at."""
        return self._watched

    def touch(self, events: frozenset[int], output: frozenset[int]) -> None:
        """Mark what grew, if the page looks at it."""
        touched = events & self._watched
        if touched:
            self._runs |= touched
            self._wake.set()
        if self.look.log in output:
            self._output = True
            self._wake.set()

    def touch_catalog(self) -> None:
        """Note that the catalogue changed."""
        if self.look.catalog is not None or self._watched:
            self._wake.set()

    async def next(self) -> Stale:
        """Wait until something is out of date and the page has rested, and take the marks down."""
        await self._wake.wait()
        rest_s = self.rest_until - time.monotonic()
        if rest_s > 0:
            await asyncio.sleep(rest_s)
        self._wake.clear()
        stale = Stale(frozenset(self._runs), self._output, self._is_new)
        self._runs.clear()
        self._output = self._is_new = False
        return stale


class Hub:
    """All open pages.

    Attributes:
        ticks: Rises with each change, so that what was computed before it is not sent after it.
        prepare: Called with runs whose logs grew before their pages are woken; makes ready what many of them will want.
    """

    def __init__(self) -> None:
        self.ticks = 0
        self.prepare: Callable[[frozenset[int]], Awaitable[None]] = _prepare_nothing
        self._pages: set[Page] = set()

    def add(self, page: Page) -> None:
        """Add a page that was opened."""
        self._pages.add(page)

    def remove(self, page: Page) -> None:
        """Remove a page that was closed."""
        self._pages.discard(page)

    def pages(self) -> list[Page]:
        """Return the open pages."""
        return list(self._pages)

    def watched(self) -> set[int]:
        """Return all runs that a page looks at."""
        return set().union(*(page.watched for page in self._pages))

    def looks_at(self, runs: Iterable[int]) -> list[int]:
        """Return those of *runs* that a page looks at."""
        return [run for run in runs if any(run in page.watched for page in self._pages)]

    async def announce(self, grown: frozenset[int]) -> None:
        """Note that these runs' event logs grew."""
        self.ticks += 1
        await self.prepare(grown)
        for page in self._pages:
            page.touch(grown, frozenset())

    def touch(self, output: Iterable[int]) -> None:
        """Note that these runs' outputs may have grown."""
        printed = frozenset(output)
        for page in self._pages:
            page.touch(frozenset(), printed)

    def touch_catalog(self) -> None:
        """Note that the catalogue changed."""
        self.ticks += 1
        for page in self._pages:
            page.touch_catalog()


async def _prepare_nothing(_grown: frozenset[int]) -> None:
    """Leave it to the pages."""
