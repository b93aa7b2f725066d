"""Blocks of one point per tag, read without being parsed: those that follow each other differ in few places.

Owns the comparison of a block with one that was parsed. Checks all of it; what is different or damaged is left to
others.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyexp.log.eventfile import codec, framing, protobuf_wire, scalar_blocks
from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.scalar_blocks import Block

_ITEM_BYTES = 8
_CRC_BYTES = 4
_CRC_FIELD = len(scalar_blocks.CRC_KEY) + _CRC_BYTES


@dataclass(slots=True)
class Rows:
    """The rows of blocks that look like one of them, and what these have in common.

    Attributes:
        size: Bytes of each record.
        tags: Their tags.
    """

    size: int
    tags: tuple[str, ...]
    _head_end: int
    _fixed: tuple[tuple[int, int, bytes], ...]  # begin and end of the places in the record that are all the same
    _firsts: tuple[int, int]
    _values: int
    _times: int
    _data: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray(), bytearray()])

    @classmethod
    def like(cls, frame: Frame, block: Block, record: bytes) -> Rows:
        """Return no rows yet of blocks like this one; none are ever like one that does not consist of one row."""
        columns = len(block.crcs)
        unlike = cls(len(record), (), 0, ((0, len(record), b""),), (0, 0), 0, 0)
        if list(block.counts) != [1] or not block.strides or frame.number is None:
            return unlike
        head_end = framing.HEADER_BYTES + len(frame.head)
        crcs = record.find(protobuf_wire.packed(3, block.crcs), framing.HEADER_BYTES, head_end)
        if record[head_end - _CRC_FIELD : head_end - _CRC_BYTES] != scalar_blocks.CRC_KEY or crcs < 0:
            return unlike
        firsts_field = protobuf_wire.packed(4, block.firsts)
        crcs_end = crcs + len(protobuf_wire.packed(3, block.crcs))
        firsts_end = crcs_end + len(firsts_field)
        ranges = (
            (0, framing.PREFIX_BYTES),
            (framing.MARK_AT, crcs_end - _CRC_BYTES * columns),
            (crcs_end, firsts_end - _ITEM_BYTES * len(block.firsts)),
            (firsts_end, head_end - _CRC_BYTES),
            framing.stamp_keys(len(record)),
        )
        if record[crcs_end:firsts_end] != firsts_field:
            return unlike
        values, times = (offset - frame.offset for offset in block.places()[0])
        fixed = tuple((begin, end, record[begin:end]) for begin, end in ranges)
        firsts = (firsts_end - _ITEM_BYTES * len(block.firsts), firsts_end)
        return cls(len(record), codec.parse_tags(block.tag_set)[:columns], head_end, fixed, firsts, values, times)

    def add(self, record: bytes, offset: int) -> bool:
        """Add the block *record* at *offset* of the file if it looks like the others and is undamaged."""
        for begin, end, same in self._fixed:
            if record[begin:end] != same:
                return False
        head_end = self._head_end
        data_crc = record[head_end - _CRC_BYTES : head_end]
        if not framing.has_check(record, head_end, offset) or (
            zlib.crc32(record[head_end : -framing.ENDING_BYTES]) != int.from_bytes(data_crc, "little")
        ):
            return False
        row = len(self.tags) * _ITEM_BYTES
        firsts, values, times = self._data
        firsts += record[slice(*self._firsts)]
        values += record[self._values : self._values + row]
        times += record[self._times : self._times + row]
        return True

    def take(self) -> list[Points]:
        """Return the columns of what was added, and forget it."""
        firsts, values, times = (_column(typecode, data) for typecode, data in zip("qdd", self._data, strict=True))
        self._data = [bytearray(), bytearray(), bytearray()]
        columns = len(self.tags)
        shared = len(firsts) != len(values)
        return [
            Points(tag, firsts if shared else firsts[at::columns], values[at::columns], times[at::columns])  # type: ignore[arg-type]
            for at, tag in enumerate(self.tags)
            if values
        ]


def _column(typecode: str, data: bytearray) -> array[int]:
    column: array[int] = array(typecode)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
