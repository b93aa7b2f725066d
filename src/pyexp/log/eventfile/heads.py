"""The heads of blocks, each parsed once for all its tags. Owns those that were parsed; keeps a bounded number."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import scalar_blocks
from pyexp.log.eventfile.protobuf_wire import WireError

if TYPE_CHECKING:
    from pyexp.log.eventfile.places import Places
    from pyexp.log.eventfile.scalar_blocks import Block

_KEPT = 2048


class Heads:
    """The heads of one file, by the keys of the blocks."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[int, Block] = {}

    def at(self, file: IO[bytes], size: int, key: int) -> Block | None:
        """Return the head of a block; None when it is damaged."""
        block = self._known.get(key)
        if block is None:
            block = self._read(file, size, key)
            if block is not None:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[key] = block
        return block

    def _read(self, file: IO[bytes], size: int, key: int) -> Block | None:
        frame = self._places.frame_of(file, size, key)
        with suppress(WireError, ValueError, OverflowError):
            return None if frame is None else scalar_blocks.parse(frame.head, frame.data_offset)
        return None
