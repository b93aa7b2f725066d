"""Series that are asked for again and again while runs grow: kept, so that only what is new is read.

Owns how much is kept; does not know when it is out of date, which `RunLog` says by a version.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pyexp.log import Series

BYTES_LIMIT: Final = 96 << 20
_POINT_BYTES: Final = 24


class HeldSeries:
    """The series used last, each with the version of the log that it was read from."""

    def __init__(self, limit: int = BYTES_LIMIT) -> None:
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[int, Series]] = OrderedDict()

    def get(self, key: Hashable) -> tuple[int, Series] | None:
        """Return version and series, if they are held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, version: int, series: Series) -> None:
        """Hold *series*; the least recently used ones make room."""
        with self._lock:
            self._drop(key)
            self._held[key] = (version, series)
            self._size += _POINT_BYTES * len(series)
            while self._size > self._limit:
                self._drop(next(iter(self._held)))

    def _drop(self, key: Hashable) -> None:
        if key in self._held:
            self._size -= _POINT_BYTES * len(self._held.pop(key)[1])
