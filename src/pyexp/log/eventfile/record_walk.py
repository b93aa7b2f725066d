"""Walking an event file record by record while it grows, skipping what is damaged or belongs to another log.

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
_GUESSED_BYTES = 4096  # enough for most heads
_SCAN_BYTES = 1 << 20
_MAX_HEAD_BYTES = 1 << 28


class Tail:
    """A position in a growing event file.

    Attributes:
        offset: Where the next record begins.
        log: Which log the file is; None until a record says it.
        number: The highest number of a record so far; -1 before the first.
        damaged: Where the damaged stretches begin that were skipped.
        foreign: Where records of other logs are, which were skipped, too.
    """

    def __init__(
        self, offset: int = 0, log: int | None = None, number: int = -1, *, checks_stamps: bool = False
    ) -> None:
        self._checks_stamps = checks_stamps
        self.offset = offset
        self.log = log
        self.number = number
        self.damaged: list[int] = []
        self.foreign: list[int] = []
        self._scan_from = 0

    def frames(self, file: IO[bytes], size: int) -> Iterator[Frame]:
        """Yield the whole records from here to *size*, the size of the file; move behind each before it is yielded.

        A record that is not whole yet is left for the next call, unless a whole one lies behind it: then it was torn
        and is skipped. A record that bytes before it were inserted or lost is known by its stamp, and yielded.
        """
        window = Window(file, size)
        while self.offset != size:
            frame = window.whole_at(self.offset, None if self._checks_stamps else self.log)
            if frame is None:
                found = self._search(window)
                if found is None:
                    return
                self.damaged.append(self.offset)
                self.offset = found.offset
                continue
            self.offset = frame.end
            if self._is_ours(frame):
                yield frame

    def _is_ours(self, frame: Frame) -> bool:
        if frame.number is None:
            return True
        if self.log is None:
            self.log = frame.log
        if frame.log != self.log:
            self.foreign.append(frame.offset)
            return False
        self.number = max(self.number, frame.number)
        return True

    def _search(self, window: Window) -> Frame | None:
        """Find the first whole head behind the current position; remember how far was looked.

        It may begin a few bytes before: a torn record whose lost end equals the begin of what was appended is whole.
        """
        position = max(self._scan_from, self.offset - framing.HEADER_BYTES + 1, 0)
        torn = window.frame_at(self.offset, may_be_moved=False)
        is_pending = torn is not None and torn.end > window.size
        undecided = None
        while position < window.size:
            chunk = read_at(window.file, position, _SCAN_BYTES)
            at = framing.find_mark(chunk, 0)
            while at >= 0:
                frame = window.frame_at(position + at) if position + at != self.offset else None
                if frame is not None and not self._is_within(frame, is_pending=is_pending):
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

    def _is_within(self, frame: Frame, *, is_pending: bool) -> bool:
        """Return whether a record that was found may be part of a logged object that is still being written."""
        return is_pending and frame.is_moved and (frame.log != self.log or (frame.number or 0) <= self.number)


class Window:
    """A piece of the file in memory: enough for many small records, never the data of a big one."""

    def __init__(self, file: IO[bytes], size: int, window_bytes: int = _WINDOW_BYTES) -> None:
        self.file = file
        self.size = size
        self._window_bytes = window_bytes
        self._base = 0
        self._buffer = b""

    def frame_at(self, offset: int, *, may_be_moved: bool = True) -> Frame | None:
        """Return the record at *offset* if its head is whole and undamaged; one that was moved is whole in any case."""
        position = offset - self._base
        if position < 0 or position + framing.HEADER_BYTES > len(self._buffer):
            self._load(offset, self._window_bytes)
            position = 0
        needed = framing.needed(self._buffer[position : position + framing.HEADER_BYTES])
        if needed is None or needed > _MAX_HEAD_BYTES or offset + needed > self.size:
            return None
        if position + needed > len(self._buffer):
            self._load(offset, max(needed, self._window_bytes))
            position = 0
            if needed > len(self._buffer):
                return None
        frame = framing.parse(self._buffer, position, offset)
        return frame if frame is not None or not may_be_moved else self._moved_at(position, offset)

    def whole_at(self, offset: int, log: int | None = None) -> Frame | None:
        """Return the record at *offset*, with its stamp, if it was written to its end; see `framing.stamped`."""
        position = offset - self._base
        if log is not None and position >= 0:
            frame = framing.parse_whole(self._buffer, position, offset, log)
            if frame is not None:
                return frame
        frame = self.frame_at(offset)
        if frame is None or frame.is_moved:
            return frame
        ending = self._ending(frame.end)
        return framing.stamped(frame, ending, log) if ending.endswith(frame.trailer) else None

    def is_short(self, offset: int) -> bool:
        """Return whether the file ends within what may be the head of a record at *offset*."""
        needed = framing.needed(read_at(self.file, offset, framing.HEADER_BYTES))
        return needed is not None and offset + needed > self.size

    def _moved_at(self, position: int, offset: int) -> Frame | None:
        end = framing.end_of(self._buffer, position, offset)
        return None if end is None else framing.parse_moved(self._buffer, position, offset, self._ending(end))

    def _ending(self, end: int) -> bytes:
        """Return the last bytes of a record; fewer where the file ends before."""
        position = end - framing.ENDING_BYTES - self._base
        if 0 <= position <= len(self._buffer) - framing.ENDING_BYTES:
            return self._buffer[position : position + framing.ENDING_BYTES]
        return read_at(self.file, max(end - framing.ENDING_BYTES, 0), framing.ENDING_BYTES) if end <= self.size else b""

    def _load(self, offset: int, size: int) -> None:
        self._base = offset
        self._buffer = read_at(self.file, offset, min(size, max(self.size - offset, 0)))


def frame_at(file: IO[bytes], offset: int, size: int, *, may_be_moved: bool = False) -> Frame | None:
    """Return the record at *offset* if its head is undamaged and all of it lies within the file."""
    if not 0 <= offset < size:
        return None
    frame = Window(file, size, _GUESSED_BYTES).frame_at(offset, may_be_moved=may_be_moved)
    return frame if frame is not None and frame.end <= size else None


def whole_at(
    file: IO[bytes], offset: int, size: int, log: int | None = None, *, may_be_moved: bool = False
) -> Frame | None:
    """Return the record at *offset*, with its stamp, if it was written to its end; as a rule only at its place.

    A stamp that names *log* is believed unchecked, as by `framing.stamped`.
    """
    frame = Window(file, size, _GUESSED_BYTES).whole_at(offset, log) if 0 <= offset < size else None
    return frame if frame is not None and (may_be_moved or not frame.is_moved) else None
