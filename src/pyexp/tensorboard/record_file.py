"""The container of TensorBoard's event files: TFRecord. Owns its framing and checksums; knows nothing of the inside.

The format: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), reflected
_CHECKED_BYTES = 1 << 16  # the check of larger records would take longer than reading them is worth
_MAX_RECORD_BYTES = 1 << 31


def read_records(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the records of a file up to its end, or to the first damage: behind it nothing can be found."""
    while True:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        length, check = _HEADER.unpack(header)
        if masked_crc32c(header[:8]) != check or length > _MAX_RECORD_BYTES:
            return
        data = file.read(length)
        footer = file.read(_FOOTER.size)
        if len(data) < length or len(footer) < _FOOTER.size:
            return
        if length <= _CHECKED_BYTES and masked_crc32c(data) != _FOOTER.unpack(footer)[0]:
            continue
        yield data


def masked_crc32c(data: bytes) -> int:
    """Return the checksum that TFRecord uses."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _table() -> list[int]:
    table = []
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()
