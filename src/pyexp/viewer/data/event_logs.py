"""The event logs that are being looked at: the only place in the viewer that reads them.

Owns how many logs stay open, and one lock per log, since a reader serves one thread at a time. All methods read files:
call them off the loop. A pickle inside a log is never opened here.
"""

from __future__ import annotations

import struct
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.log import LogReader
from pyexp.viewer.data.held_series import HeldSeries
from pyexp.viewer.data.time_span import time_span
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.ids import stable_id
from pyexp.viewer.protocol.kinds import OBJECT_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyexp.log import Entry, Series
    from pyexp.viewer.catalog.rows import RunEntry

OPEN_LIMIT: Final = 256
# Where no hint arrives (a network drive, no watches left), a log is looked at again after this time anyway.
_TRUST_S: Final = 0.5


_SERIES: Final = HeldSeries()


class RunLog:
    """One run's event log, kept up to date; safe from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._reader: LogReader | None = None
        self._is_stale = True
        self._has_news = False
        self._looked_at = 0.0
        self._tags: dict[str, set[str]] = {}
        self._tag_counts: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._named: dict[str, set[str]] = {}
        self._hparams: Mapping[str, Any] = {}
        self._version = 0  # moves with each change
        self._span: tuple[int, tuple[float, float] | None] = (-1, None)  # and the version it is of
        self._key: object = object()  # what is held of it is held by
        self._entries: dict[tuple[str, str], list[Entry]] = {}

    def mark_stale(self) -> None:
        """Note that the files may have grown: the next use reads them."""
        self._is_stale = True

    def take_news(self) -> bool:
        """Return whether anything was found since the last call, by any reader; True also for a log in use."""
        if not self._lock.acquire(blocking=False):
            return True
        try:
            self._refresh()
            had_news, self._has_news = self._has_news, False
            return had_news
        except (UnknownIdError, LogError):
            return True
        finally:
            self._lock.release()

    def tags(self) -> dict[str, set[str]]:
        """Return all tags by kind."""
        with self._lock:
            self._refresh()
            return self._tags

    def tag_counts(self) -> dict[str, int]:
        """Count the tags of each kind."""
        with self._lock:
            self._refresh()
            return self._tag_counts

    def tag_name(self, key: int) -> str | None:
        """Return the tag with the id *key*, if this run has it."""
        with self._lock:
            self._refresh()
            if self._named is not self._tags:
                for kind, tags in self._tags.items():
                    self._names.update((tag_id(tag), tag) for tag in tags - self._named.get(kind, set()))
                self._named = self._tags
            return self._names.get(key)

    def hparams(self) -> Mapping[str, Any]:
        """Return the hyper-parameters logged last; empty when there are none."""
        with self._lock:
            self._refresh()
            return self._hparams

    def series(self, tag: str, start: int = 0) -> Series:
        """Read the points of the scalar *tag* from index *start* on."""
        with self._lock:
            return self._refresh().read_series(tag, start)

    def whole_series(self, tag: str) -> Series:
        """Return all points of the scalar *tag*; earlier points are kept, and only new ones are read."""
        with self._lock:
            self._refresh()
            version, known = _SERIES.get((self._key, tag)) or (-1, None)
            if known is None or version != self._version:
                new, continues = read_after(self, tag, None if known is None else cursor_after(known))
                known = _joined(known, new) if known is not None and continues else new
            _SERIES.put((self._key, tag), self._version, known)
            return known

    def entries(self, kind: str, tag: str) -> list[Entry]:
        """List the objects of *kind* (as the protocol spells it) logged under *tag*, without their contents."""
        with self._lock:
            reader = self._refresh()
            key = (OBJECT_KINDS.get(kind, kind), tag)
            if key not in self._entries:
                self._entries[key] = reader.entries(*key)
            return self._entries[key]

    def damage(self) -> int:
        """Count the damaged records that were skipped so far."""
        with self._lock:
            return self._refresh().damage

    def problem(self) -> str | None:
        """Explain why the files here are not a log; None for a log, and where nothing was logged yet."""
        with self._lock:
            return self._refresh().problem

    def span(self) -> tuple[float, float] | None:
        """Return when logging began and when the last point was logged, in Unix seconds; None before the first."""
        with self._lock:
            reader = self._refresh()
            if self._span[0] != self._version:
                self._span = self._version, time_span(reader)
            return self._span[1]

    def checkpoints(self) -> list[Entry]:
        """List the checkpoints, without their contents."""
        with self._lock:
            return self._refresh().entries("checkpoint")

    def read(self, entry: Entry, media_type: str) -> bytes | None:
        """Read the bytes of one part of *entry* as they were logged; None when it has no such part.

        Raises:
            LogError: The file was damaged or cut meanwhile.
        """
        with self._lock:
            part = entry.part(media_type)
            return None if part is None else self._refresh().read_part(part)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            self._is_stale = True
            self._key = object()

    def _refresh(self) -> LogReader:
        reader = self._reader
        if reader is None:
            try:
                reader = self._reader = LogReader(self._path)
            except FileNotFoundError:
                raise UnknownIdError from None
        now = time.monotonic()
        if self._is_stale or now - self._looked_at > _TRUST_S:
            self._is_stale = False
            self._looked_at = now
            changes = reader.refresh()
            if changes or changes.hidden or not self._tag_counts:
                self._has_news = True
                self._version += 1
                self._entries.clear()
                self._list_tags(reader)
                self._hparams = _read_hparams(reader)
        return reader

    def _list_tags(self, reader: LogReader) -> None:
        found = {
            "scalars": reader.scalar_tags,
            **{kind: reader.tags(name) for kind, name in OBJECT_KINDS.items()},
        }
        counts = {kind: len(tags) for kind, tags in found.items()}
        if counts == self._tag_counts:
            return
        self._tag_counts = counts
        self._tags = found


class LogShelf:
    """The open logs, the least recently used closed first."""

    def __init__(self, limit: int = OPEN_LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._open: OrderedDict[int, RunLog] = OrderedDict()

    def get(self, run: RunEntry) -> RunLog:
        """Return the log of *run*."""
        closed: list[RunLog] = []
        with self._lock:
            log = self._open.get(run.id)
            if log is None:
                log = self._open[run.id] = RunLog(run.path)
            self._open.move_to_end(run.id)
            while len(self._open) > self._limit:
                closed.append(self._open.popitem(last=False)[1])
        for old in closed:
            old.close()
        return log

    def mark_stale(self, key: int) -> None:
        """Note that the log of the run with the id *key* may have grown."""
        with self._lock:
            log = self._open.get(key)
        if log is not None:
            log.mark_stale()

    def close(self) -> None:
        """Close all logs."""
        with self._lock:
            logs, self._open = list(self._open.values()), OrderedDict()
        for log in logs:
            log.close()


def _read_hparams(reader: LogReader) -> Mapping[str, Any]:
    try:
        return reader.hparams
    except (LogError, ValueError, KeyError, TypeError):  # logged by who knows whom: a run without them
        return {}


def _joined(known: Series, new: Series) -> Series:
    names = ("iterations", "values", "times")
    return replace(known, **{name: getattr(known, name) + getattr(new, name) for name in names}) if new else known


def tag_id(tag: str) -> int:
    """Return the opaque number of *tag*, the same in every run."""
    return stable_id("tag", tag)


def cursor_after(series: Series) -> str | None:
    """Return the cursor that a page sends to receive only the points after *series*.

    It is the number of points and a checksum of the last one: when that point is another one now (a later attempt hid
    it, the file was replaced), the cursor no longer holds. It survives a restart of the server.
    """
    if not len(series):
        return None
    last = struct.pack("<qdd", series.iterations[-1], series.values[-1], series.times[-1])
    return f"{series.start + len(series)}.{zlib.crc32(last):08x}"


def read_after(log: RunLog, tag: str, cursor: str | None) -> tuple[Series, bool]:
    """Read the points of *tag* after *cursor*, and whether they continue what the page holds (else all points)."""
    count = _held(cursor)
    if count:
        series = log.series(tag, count - 1)
        if len(series) and series.start == count - 1 and cursor_after(_slice(series, 0, 1)) == cursor:
            return _slice(series, 1, len(series)), True
    return log.series(tag), False


def _slice(series: Series, low: int, high: int) -> Series:
    return replace(
        series,
        start=series.start + low,
        iterations=series.iterations[low:high],
        values=series.values[low:high],
        times=series.times[low:high],
    )


def _held(cursor: str | None) -> int:
    count, _, _ = (cursor or "").partition(".")
    return int(count) if count.isascii() and count.isdigit() and len(count) < 16 else 0  # noqa: PLR2004 — fits an index
