"""How often a failed run is tried again, and after what pause. Pure policy."""

from __future__ import annotations

from dataclasses import dataclass

from pyexp.task import Failed, Outcome, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off.

    Attributes:
        retries: Further attempts after the first.
        first_delay_s: Pause before the second attempt; each later one is twice as long.
        longest_delay_s: No pause is longer.
    """

    retries: int = 0
    first_delay_s: float = 0.5
    longest_delay_s: float = 60.0

    def delay_s(self, outcome: Outcome, attempt: int) -> float | None:
        """Return the seconds to wait after *attempt* (from 1) came to *outcome*, or None when that was the last.

        Example:
            >>> RetryPolicy(retries=2).delay_s(Failed(error="ValueError: no"), attempt=2)
            1.0
        """
        if not isinstance(outcome, Failed) or outcome.status is Status.INTERRUPTED or attempt > self.retries:
            return None
        return min(self.longest_delay_s, self.first_delay_s * 2.0 ** (attempt - 1))
