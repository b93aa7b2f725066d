"""Walking an event file record by record while it grows, skipping what is damaged.

Owns the position of one reader. Reads heads only, and never maps the file: one that is cut would kill its reader.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import framing
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.log.eventfile.framing import Frame

_WINDOW_BYTES = 1 << 16
_SCAN_BYTES = 1 << 20
_MAX_HEAD_BYTES = 1 << 28


class Tail:
    """A position in a growing event file.

    Attributes:
        offset: Where the next record begins.
        damaged: Where the damaged stretches begin that were skipped.
    """

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self.damaged: list[int] = []
        self._scan_from = 0

    def frames(self, file: IO[bytes], size: int) -> Iterator[Frame]:
        """Yield the whole records from here to *size*, the size of the file; move behind each before it is yielded.

        A record that is not whole yet is left for the next call, unless a whole one lies behind it: then it was torn
        and is skipped.
        """
        window = _Window(file, size)
        while True:
            frame = window.frame_at(self.offset)
            if frame is not None and window.is_whole(frame):
                self.offset = frame.end
                yield frame
                continue
            found = self._search(window)
            if found is None:
                return
            self.damaged.append(self.offset)
            self.offset = found.offset

    def _search(self, window: _Window) -> Frame | None:
        """Find the first whole head behind the current position; remember how far was looked.

        It may begin a few bytes before: a torn record whose lost end equals the begin of what was appended is whole.
        """
        position = max(self._scan_from, self.offset - framing.HEADER_BYTES + 1, 0)
        undecided = None
        while position < window.size:
            chunk = read_at(window.file, position, _SCAN_BYTES)
            at = framing.find_mark(chunk, 0)
            while at >= 0:
                frame = window.frame_at(position + at) if position + at != self.offset else None
                if frame is not None:
                    self._scan_from = 0
                    return frame
                if undecided is None and position + at > self.offset and window.is_short(position + at):
                    undecided = position + at
                at = framing.find_mark(chunk, at + 1)
            if len(chunk) < _SCAN_BYTES:
                break
            position += len(chunk) - framing.HEADER_BYTES
        self._scan_from = max(window.size - framing.HEADER_BYTES, 0) if undecided is None else undecided
        return None


class _Window:
    """A piece of the file in memory: enough for many small records, never the data of a big one."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file
        self.size = size
        self._base = 0
        self._buffer = b""

    def frame_at(self, offset: int) -> Frame | None:
        """Return the record at *offset* if its head is whole and undamaged."""
        position = offset - self._base
        if position < 0 or position + framing.HEADER_BYTES > len(self._buffer):
            self._load(offset, _WINDOW_BYTES)
            position = 0
        needed = framing.needed(self._buffer[position : position + framing.HEADER_BYTES])
        if needed is None or needed > _MAX_HEAD_BYTES or offset + needed > self.size:
            return None
        if position + needed > len(self._buffer):
            self._load(offset, max(needed, _WINDOW_BYTES))
            position = 0
            if needed > len(self._buffer):
                return None
        return framing.parse(self._buffer, position, offset)

    def is_whole(self, frame: Frame) -> bool:
        """Return whether the record was written to its end."""
        at = frame.end - framing.TRAILER_BYTES
        position = at - self._base
        if 0 <= position <= len(self._buffer) - framing.TRAILER_BYTES:
            return self._buffer[position : position + framing.TRAILER_BYTES] == frame.trailer
        return frame.end <= self.size and read_at(self.file, at, framing.TRAILER_BYTES) == frame.trailer

    def is_short(self, offset: int) -> bool:
        """Return whether the file ends within what may be the head of a record at *offset*."""
        needed = framing.needed(read_at(self.file, offset, framing.HEADER_BYTES))
        return needed is not None and offset + needed > self.size

    def _load(self, offset: int, size: int) -> None:
        self._base = offset
        self._buffer = read_at(self.file, offset, min(size, max(self.size - offset, 0)))
