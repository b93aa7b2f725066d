"""A run's ``log.out``: pieces of it as text, cut between characters. Opens regular files only, never a link."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyexp._files import open_regular
from pyexp.store.layout import LOG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE_LIMIT: Final = 1 << 20
_CONTINUATION: Final = range(0x80, 0xC0)
_LEADS: Final = ((range(0xC0, 0xE0), 2), (range(0xE0, 0xF0), 3), (range(0xF0, 0xF8), 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Part of an output.

    Attributes:
        start: Offset of its first byte.
        end: Offset behind its last byte.
        size: Length of the whole file.
        text: The bytes between, decoded.
    """

    start: int
    end: int
    size: int
    text: str


def read_tail(folder: Path, limit: int) -> Piece:
    """Read the last *limit* bytes of the output of the run in *folder*."""
    with _open(folder) as (descriptor, size):
        return _read(descriptor, max(0, size - limit), size, size)


def read_piece(folder: Path, start: int, limit: int) -> Piece:
    """Read at most *limit* bytes of the output from *start* on."""
    with _open(folder) as (descriptor, size):
        return _read(descriptor, min(start, size), min(start + limit, size), size)


@contextmanager
def _open(folder: Path) -> Iterator[tuple[int, int]]:
    """Open the output and return its descriptor and size; -1 and 0 when there is none."""
    try:
        file = open_regular(folder / LOG, buffering=0)
    except OSError:
        yield -1, 0
        return
    with file:
        yield file.fileno(), os.fstat(file.fileno()).st_size


def _read(descriptor: int, start: int, end: int, size: int) -> Piece:
    if start >= end:
        return Piece(start=start, end=start, size=size, text="")
    os.lseek(descriptor, start, os.SEEK_SET)
    data = os.read(descriptor, min(end - start, PIECE_LIMIT))
    if start:
        skipped = _leading_continuation(data)
        start, data = start + skipped, data[skipped:]
    cut = _torn_tail(data)
    # The rest of a character may still be written, or stand in the next piece; what never becomes one is shown.
    if cut and len(data) > cut:
        data = data[:-cut]
    return Piece(start=start, end=start + len(data), size=size, text=data.decode("utf-8", "replace"))


def _leading_continuation(data: bytes) -> int:
    count = 0
    while count < min(3, len(data)) and data[count] in _CONTINUATION:
        count += 1
    return count


def _torn_tail(data: bytes) -> int:
    """Count the bytes at the end of an incomplete character."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte in _CONTINUATION:
            continue
        length = next((length for leads, length in _LEADS if byte in leads), 1)
        return back if length > back else 0
    return 0
