"""The heads of blocks, each parsed once for all its tags, and the data of merged blocks, each read once for all.

Owns what was read of them; keeps a bounded amount.
"""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import scalar_blocks
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from pyexp.log.eventfile.reading.places import Places
    from pyexp.log.eventfile.scalar_blocks import Block

_KEPT = 2048
_MAX_DATA_BYTES = 1 << 18  # of one merged block
_MAX_ALL_BYTES = 1 << 22


class Heads:
    """The heads of one file, by the keys of the blocks."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[int, Block] = {}
        self._data: dict[int, bytes] = {}
        self._data_bytes = 0

    def at(self, file: IO[bytes], size: int, key: int) -> Block | None:
        """Return the head of a block; None when it is damaged."""
        block = self._known.get(key)
        if block is None:
            block = self._parse(file, size, key)
            if block is not None:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[key] = block
        return block

    def read(self, file: IO[bytes], key: int, offset: int, size: int) -> bytes:
        """Return bytes of the data of a block whose head was asked for."""
        block = self._known[key]
        data = self._data.get(key)
        if data is None and block.is_merged:
            data = self._read_all(file, key, block)
        if data is None:
            return read_at(file, offset, size)
        at = offset - block.data_offset
        return data[at : at + size]

    def forget(self, key: int) -> None:
        """Read a block anew when it is asked for again."""
        self._known.pop(key, None)
        self._data_bytes -= len(self._data.pop(key, b""))

    def _parse(self, file: IO[bytes], size: int, key: int) -> Block | None:
        frame = self._places.frame_of(file, size, key)
        with suppress(WireError, ValueError, OverflowError):
            return None if frame is None else scalar_blocks.parse(frame.head, frame.data_offset)
        return None

    def _read_all(self, file: IO[bytes], key: int, block: Block) -> bytes | None:
        """Return all data of a block and keep it, if there is room."""
        offsets, sizes = block.places()
        size = offsets[-1] + sizes[-1] - block.data_offset
        if size > _MAX_DATA_BYTES or self._data_bytes + size > _MAX_ALL_BYTES:
            return None
        self._data[key] = read_at(file, block.data_offset, size)
        self._data_bytes += size
        return self._data[key]
