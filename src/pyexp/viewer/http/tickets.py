"""Tickets: secrets that are good once and for a minute, so that the token stays out of what is saved.

Owns which tickets are good; does not know what they are exchanged for.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

LIFETIME_S: Final = 60.0
_MOST: Final = 100


class Tickets:
    """The tickets that were issued and not used."""

    def __init__(self) -> None:
        self._good_until: dict[bytes, float] = {}

    def issue(self) -> str:
        """Issue a ticket; when there are too many, the oldest becomes void."""
        ticket = secrets.token_urlsafe(32)
        self._good_until[_digest(ticket)] = time.monotonic() + LIFETIME_S
        while len(self._good_until) > _MOST:
            del self._good_until[next(iter(self._good_until))]
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Use up *ticket*; returns whether it was valid."""
        # Looked up by its hash, so that the time this takes reveals nothing about the others.
        return self._good_until.pop(_digest(ticket), 0.0) > time.monotonic()


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).digest()
