"""The frame around a record: where it starts, how long it is, whether it is whole.

Owns the 21 bytes before each head and the 5 at the end of each record, as drawn in ``events.proto``. Pure bytes: knows
neither files nor what records say.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

HEADER_BYTES = 21
PREFIX_BYTES = 6  # key and length, which the length does not count
TRAILER_BYTES = 5
MAX_RECORD_BYTES = (1 << 35) - 1

_MARK = b"\x15\x93pxE"  # the key and the value of Record.magic
_MARK_AT = 11
_HEADER = struct.Struct("<BIBBI5sBI")
_RECORD_KEY, _CHECK_KEY, _HEAD_SIZE_KEY, _END_CHECK_KEY = 0x0A, 0x0D, 0x1D, 0x5D
_ANY = (0, 0)
_LAYOUT = [  # of a header: for each byte the bits that are always the same, and what they are
    (0xFF, _RECORD_KEY),
    *[(0x80, 0x80)] * 4,
    (0x80, 0),
    (0xFF, _CHECK_KEY),
    *[_ANY] * 4,
    *[(0xFF, byte) for byte in _MARK],
    (0xFF, _HEAD_SIZE_KEY),
    *[_ANY] * 4,
]


@dataclass(frozen=True, slots=True)
class Frame:
    """A record whose header and head passed their check."""

    offset: int
    end: int
    head: bytes
    check: int

    @property
    def trailer(self) -> bytes:
        """The last bytes of the record, if it was written to its end."""
        return b"%c%b" % (_END_CHECK_KEY, self.check.to_bytes(4, "little"))

    @property
    def data_offset(self) -> int:
        """Where the data begins."""
        return self.offset + HEADER_BYTES + len(self.head)


def seal(head: bytes, data_bytes: int, offset: int) -> tuple[bytes, bytes]:
    """Return what comes before and after *data_bytes* of data in a record at *offset* of the file."""
    length = HEADER_BYTES - PREFIX_BYTES + len(head) + data_bytes + TRAILER_BYTES
    if length > MAX_RECORD_BYTES:
        raise ValueError(f"a log record of {length:,} bytes; expected at most {MAX_RECORD_BYTES:,}: save it as a file")
    checked = b"%b%c%b%b" % (_MARK, _HEAD_SIZE_KEY, len(head).to_bytes(4, "little"), head)
    check = zlib.crc32(checked, _seed(offset + PREFIX_BYTES + length))
    sealed = b"%c%b%c%b%b" % (_RECORD_KEY, padded_varint(length), _CHECK_KEY, check.to_bytes(4, "little"), checked)
    return sealed, b"%c%b" % (_END_CHECK_KEY, check.to_bytes(4, "little"))


def padded_varint(number: int) -> bytes:
    """Return a varint of always 5 bytes."""
    return bytes((number >> shift & 0x7F) | (0x80 if shift < 28 else 0) for shift in (0, 7, 14, 21, 28))  # noqa: PLR2004


def may_begin(start: bytes) -> bool:
    """Return whether *start* can be the first bytes of a record, however few they are."""
    return all(byte & mask == expected for byte, (mask, expected) in zip(start, _LAYOUT, strict=False))


def needed(header: bytes) -> int | None:
    """Return how many bytes header and head have together, or None when *header* is not one."""
    if len(header) < HEADER_BYTES or header[_MARK_AT : _MARK_AT + len(_MARK)] != _MARK:
        return None
    return HEADER_BYTES + int.from_bytes(header[17:21], "little")


def parse(buffer: bytes, position: int, offset: int) -> Frame | None:
    """Return the frame of the record at *position* of *buffer*, which lies at *offset* of the file; None when damaged.

    The buffer holds the header and the whole head; see `needed`.
    """
    key, low, high, check_key, check, mark, size_key, head_size = _HEADER.unpack_from(buffer, position)
    if mark != _MARK or key != _RECORD_KEY or check_key != _CHECK_KEY or size_key != _HEAD_SIZE_KEY:
        return None
    length = (low & 0x7F) | (low >> 1 & 0x3F80) | (low >> 2 & 0x1FC000) | (low >> 3 & 0xFE00000) | high << 28
    end = offset + PREFIX_BYTES + length
    head_at = position + HEADER_BYTES
    head_end = head_at + head_size
    if (
        low & 0x80808080 != 0x80808080  # noqa: PLR2004
        or HEADER_BYTES - PREFIX_BYTES + head_size + TRAILER_BYTES > length
        or zlib.crc32(buffer[position + _MARK_AT : head_end], _seed(end)) != check
    ):
        return None
    return Frame(offset, end, buffer[head_at:head_end], check)


def find_mark(buffer: bytes, position: int) -> int:
    """Return where the next record may start at or after *position*, by its magic number; -1 for nowhere."""
    found = buffer.find(_MARK, position + _MARK_AT)
    return found - _MARK_AT if found >= 0 else -1


def _seed(end: int) -> int:
    return (end ^ end >> 32) & 0xFFFFFFFF
