"""Blocks of a row of points, or a few, read without being parsed: those that follow each other differ in few places.

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
    _count: int
    _strides: array[int]
    _head_end: int
    _fixed: tuple[tuple[int, int, bytes], ...]  # begin and end of the places in the record that are all the same
    _firsts: tuple[int, int]
    _values: int
    _times: int
    _data: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray(), bytearray()])

    @classmethod
    def like(cls, frame: Frame, block: Block, record: bytes) -> Rows:
        """Return no rows yet of blocks like this one; none are ever like one whose columns differ in length."""
        columns = len(block.crcs)
        unlike = cls(len(record), (), 0, array("q"), 0, ((0, len(record), b""),), (0, 0), 0, 0)
        if len(block.counts) != 1 or not block.strides or frame.number is None:
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
        tags = codec.parse_tags(block.tag_set)
        return cls(len(record), tags, block.counts[0], block.strides, head_end, fixed, firsts, values, times)

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
        row = len(self.tags) * self._count * _ITEM_BYTES
        firsts, values, times = self._data
        firsts += record[slice(*self._firsts)]
        values += record[self._values : self._values + row]
        times += record[self._times : self._times + row]
        return True

    def take(self) -> list[Points]:
        """Return the columns of what was added, and forget it."""
        firsts, values, times = (_column(typecode, data) for typecode, data in zip("qdd", self._data, strict=True))
        self._data = [bytearray(), bytearray(), bytearray()]
        if not values:
            return []
        iterations = self._iterations(firsts)
        return [
            Points(tag, iterations[at % len(iterations)], self._of(values, at), self._of(times, at))  # type: ignore[arg-type]
            for at, tag in enumerate(self.tags)
        ]

    def _of(self, all_columns: array[int], at: int) -> array[int]:
        """Return column number *at* of all blocks, which have their columns one behind the other."""
        step, count = len(self.tags) * self._count, self._count
        if count == 1:
            return all_columns[at::step]
        column = array(all_columns.typecode, bytes(len(all_columns) // len(self.tags) * _ITEM_BYTES))
        for point in range(count):
            column[point::count] = all_columns[at * count + point :: step]
        return column

    def _iterations(self, firsts: array[int]) -> list[array[int]]:
        """Return the iterations of each column, or those of all where they are the same."""
        given = (self._firsts[1] - self._firsts[0]) // _ITEM_BYTES
        columns = max(given, len(self._strides))
        if self._count == 1:
            return [firsts[at::given] for at in range(given)]
        return [
            array(
                "q",
                [
                    first + self._strides[at % len(self._strides)] * point
                    for first in firsts[at % given :: given]
                    for point in range(self._count)
                ],
            )
            for at in range(columns)
        ]


def _column(typecode: str, data: bytearray) -> array[int]:
    column: array[int] = array(typecode)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
