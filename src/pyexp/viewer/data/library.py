"""Catalogue and open logs together, and the threads that read files, so that the loop never waits for a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import anyio.to_thread

from pyexp.errors import LogError
from pyexp.viewer.catalog.catalog import Catalog
from pyexp.viewer.data.event_logs import LogShelf
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.event_logs import RunLog
    from pyexp.viewer.settings import Root

_READERS: Final = 4

Answer = TypeVar("Answer")


class Library:
    """Everything below some folders that can be looked at.

    Attributes:
        catalog: The batches and runs.
        logs: Their event logs.
    """

    def __init__(self, *roots: Root | Path) -> None:
        self.catalog = Catalog(*roots)
        self.logs = LogShelf()
        self._limiter = anyio.CapacityLimiter(_READERS)

    def log(self, run: RunEntry) -> RunLog:
        """Return the event log of *run*.

        Raises:
            UnknownIdError: It has none, or a link in its place.
        """
        if not run.events:
            raise UnknownIdError
        return self.logs.get(run)

    def logs_of(self, keys: list[int]) -> list[tuple[RunEntry, RunLog]]:
        """Return the runs with these ids that have an event log, with their logs; others are left out."""
        return [(run, self.logs.get(run)) for run in self.catalog.runs(keys) if run.events]

    def log_facts(self, keys: list[int]) -> dict[str, Any]:
        """Return what is to be said of these runs' logs, as answers of the protocol carry it: nothing for most.

        ``damage`` counts the parts that were skipped, ``problems`` says why files are not a log, ``spans`` holds first
        and last time, unix seconds, where no status says when the run began.
        """
        found: dict[str, dict[int, Any]] = {"damage": {}, "problems": {}, "spans": {}}
        for run, log in self.logs_of(keys):
            try:
                # The ends first: damage is known of what was read.
                span = log.span() if run.state.started is None else None
                facts = {"spans": span, "damage": log.damage(), "problems": cut_name(log.problem() or "")}
            except (UnknownIdError, LogError):
                continue
            for name, fact in facts.items():
                if fact:
                    found[name][run.id] = fact
        return found

    def news(self, keys: list[int]) -> list[int]:
        """Return the runs among these whose event logs grew since the last call. Reads files."""
        return [run.id for run in self.catalog.runs(keys) if not run.events or self.logs.get(run).take_news()]

    async def read(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        """Call *function* in a thread; cancelling waits for it to end."""
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._limiter)

    def close(self) -> None:
        """Close all files."""
        self.logs.close()
