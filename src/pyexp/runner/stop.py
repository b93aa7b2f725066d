"""How a signal that stopped a batch travels to where its exit status is decided."""

from __future__ import annotations


class BatchStopped(BaseException):
    """A signal stopped the batch; not an `Exception`, since nobody's error handling may swallow it.

    Attributes:
        number: The signal's number.
        timestamp: The batch, to be continued.
    """

    def __init__(self, number: int, timestamp: str) -> None:
        super().__init__(number, timestamp)
        self.number = number
        self.timestamp = timestamp
