"""How long closing waits while nothing can be written. Owns that rule; knows neither threads nor files."""

from __future__ import annotations

from time import monotonic

GRACE_S = 1.0  # to close, at least, after a flush that timed out


class Patience:
    """Counts from the last progress; the time of a flush that timed out counts, too."""

    def __init__(self) -> None:
        self._progressed = self._grace_end = 0.0
        self._waited_since: float | None = None

    def progressed(self) -> None:
        """Start over: something was written."""
        self._progressed = monotonic()
        self._waited_since = None

    def flush_timed_out(self, begin: float) -> None:
        """Remember that a flush waited since *begin* and nothing was written."""
        if self._waited_since is None:
            self._waited_since = begin

    def begin_closing(self) -> None:
        """Count from now, or from the start of a flush that timed out."""
        self._progressed = monotonic()
        if self._waited_since is not None:
            self._progressed, self._grace_end = self._waited_since, self._progressed + GRACE_S

    def left_s(self, timeout_s: float) -> float:
        """Return how much longer to wait, if *timeout_s* without progress is enough; not positive when it is over."""
        return max(self._progressed + timeout_s, self._grace_end) - monotonic()
