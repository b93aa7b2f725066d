"""How often the viewer looks at files: each second while something runs, then ever more rarely.

Owns the pauses only; knows neither files nor runs.
"""

from __future__ import annotations

from typing import Final

import anyio

SWEEP_S: Final = 1.0
MOST_S: Final = 30.0


class Pace:
    """The pause between two looks.

    Attributes:
        is_watched: Whether a watcher works: without one the pause stays short.
    """

    def __init__(self) -> None:
        self.is_watched = False
        self._pause_s = SWEEP_S
        self._hurried = anyio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing has happened for a while."""
        return self._pause_s > SWEEP_S

    async def rest(self) -> None:
        """Wait for one pause, or until something happens."""
        with anyio.move_on_after(self._pause_s):
            await self._hurried.wait()

    def hurry(self) -> None:
        """Look again each second, from now on: something happens."""
        self._pause_s = SWEEP_S
        self._hurried.set()
        self._hurried = anyio.Event()

    def found(self, *, is_busy: bool) -> None:
        """Take the outcome of a look: while nothing runs and nothing changes, the next pause is twice as long."""
        self._pause_s = min(2 * self._pause_s, MOST_S) if self.is_watched and not is_busy else SWEEP_S
