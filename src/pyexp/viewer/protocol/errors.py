"""Errors that become answers: a status and a sentence. Knows no web framework."""

from __future__ import annotations

from typing import Final

NOT_FOUND: Final = "There is nothing here: the address is wrong, or what it named is gone."


class AnswerError(Exception):
    """A request that cannot be answered; becomes the error shape.

    Attributes:
        status: The HTTP status.
        reason: One sentence for a person.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class UnknownIdError(AnswerError):
    """An id that names nothing, or no longer; all of them get the same answer."""

    def __init__(self) -> None:
        super().__init__(404, NOT_FOUND)
