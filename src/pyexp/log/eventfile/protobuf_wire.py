"""The few pieces of the protobuf wire format that the log is made of: varints, keys, fields.

Owns bytes, and knows nothing of what the fields mean. Written by hand because a packed column *is* the bytes of an
`array`, and because the protobuf runtime takes longer to import than a short run takes.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    Column: TypeAlias = "array[int] | array[float]"

VARINT, FIXED64, LEN, FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
LAST_OF_ONE_BYTE = 0x7F
_MAX_VARINT_BYTES = 10


class WireError(ValueError):
    """Bytes that are not a protobuf message."""


def varint(number: int) -> bytes:
    """Encode a number that is not negative."""
    if number <= LAST_OF_ONE_BYTE:
        return bytes((number,))
    encoded = bytearray()
    while number > LAST_OF_ONE_BYTE:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number: int, content: bytes) -> bytes:
    """Encode a length-delimited field."""
    return b"%b%b%b" % (varint(number << 3 | LEN), varint(len(content)), content)


def packed(number: int, column: Column) -> bytes:
    """Encode a packed field of doubles or fixed integers."""
    return field(number, column_bytes(column))


def column_bytes(column: Column) -> bytes:
    """Return the column as protobuf has it: little-endian, one after the other."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def parse_column(typecode: str, content: bytes | bytearray | memoryview) -> array[int]:
    """Turn what `column_bytes` made back into an array; raises `WireError` for a part of an item."""
    column: array[int] = array(typecode)
    if len(content) % column.itemsize:
        raise WireError(f"a column of {len(content)} bytes; expected a multiple of {column.itemsize}")
    column.frombytes(content)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def parse_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the varint at *position* and the position after it."""
    number = 0
    for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
        if position >= len(data):
            raise WireError("a varint is cut short")
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte <= LAST_OF_ONE_BYTE:
            return number, position
    raise WireError("a varint is longer than 10 bytes")


def fields(data: bytes, position: int = 0) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and content of each field of a message, unknown ones too.

    Varints come as numbers; everything else as bytes, fixed numbers little-endian.
    """
    end = len(data)
    try:
        while position < end:
            key = data[position]
            position += 1
            if key > LAST_OF_ONE_BYTE:
                key, position = parse_varint(data, position - 1)
            kind = key & 7
            if kind == VARINT:
                number, position = parse_varint(data, position)
                yield key >> 3, number
                continue
            if kind == LEN:
                size = data[position]
                position += 1
                if size > LAST_OF_ONE_BYTE:
                    size, position = parse_varint(data, position - 1)
            else:
                size = _FIXED_SIZES[kind]
            if position + size > end:
                raise WireError(f"field {key >> 3} needs {size} bytes; found {end - position}")
            yield key >> 3, data[position : position + size]
            position += size
    except (IndexError, KeyError) as error:
        raise WireError(f"no field at byte {position}: cut short, or of an unknown type") from error
