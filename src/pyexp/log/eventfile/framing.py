"""The frame around a record: where it starts, how long it is, whether it is whole, and which one of which log it is.

Owns the 21 bytes before each head and the 23 at the end of each record, as drawn in ``events.proto``. Pure bytes: knows
neither files nor what records say.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

HEADER_BYTES = 21
PREFIX_BYTES = 6  # key and length, which the length does not count
TRAILER_BYTES = 5
STAMP_BYTES = 18
MARK_AT = 11  # where in a record the bytes begin that its check covers
ENDING_BYTES = STAMP_BYTES + TRAILER_BYTES
MAX_RECORD_BYTES = (1 << 35) - 1

_MARK = b"\x15\x93pxE"  # the key and the value of Record.magic
_HEADER = struct.Struct("<BIBBI5sBI")
_STAMP = struct.Struct("<3sBIBIBI")
_ENDING = struct.Struct("<3sBIBIBIBI")
_STAMP_KEYS = (b"\x8a\x01\x0f", 0x0D, 0x15, 0x1D)  # of Record.stamp with its length, and of the fields in it
_NUMBERS = 1 << 32
_RECORD_KEY, _CHECK_KEY, _HEAD_SIZE_KEY, _END_CHECK_KEY = 0x0A, 0x0D, 0x1D, 0x5D
_ENDING_KEYS = (*_STAMP_KEYS, _END_CHECK_KEY)
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


class Frame(NamedTuple):  # made for each record of a file: a data class takes three times as long
    """A record whose header and head passed their check.

    Attributes:
        number: Which record of its log it is; None for one without a stamp.
        log: Which log it belongs to; None for one without a stamp.
        is_moved: It was written for another place in the file.
    """

    offset: int
    end: int
    head: bytes
    check: int
    number: int | None = None
    log: int | None = None
    is_moved: bool = False

    @property
    def trailer(self) -> bytes:
        """The last bytes of the record, if it was written to its end."""
        return b"%c%b" % (_END_CHECK_KEY, self.check.to_bytes(4, "little"))

    @property
    def data_offset(self) -> int:
        """Where the data begins."""
        return self.offset + HEADER_BYTES + len(self.head)


def seal(head: bytes, data_bytes: int, offset: int, stamp: tuple[int, int] | None = None) -> tuple[bytes, bytes]:
    """Return what comes before and after *data_bytes* of data in a record at *offset* of the file.

    Args:
        head: The head.
        data_bytes: Size of the data.
        offset: Where the record will be.
        stamp: Number of the record, and the log that it belongs to.
    """
    stamp_bytes = STAMP_BYTES if stamp else 0
    length = HEADER_BYTES - PREFIX_BYTES + len(head) + data_bytes + stamp_bytes + TRAILER_BYTES
    if length > MAX_RECORD_BYTES:
        raise ValueError(f"a log record of {length:,} bytes; expected at most {MAX_RECORD_BYTES:,}: save it as a file")
    checked = b"%b%c%b%b" % (_MARK, _HEAD_SIZE_KEY, len(head).to_bytes(4, "little"), head)
    check = zlib.crc32(checked, _seed(offset + PREFIX_BYTES + length))
    sealed = b"%c%b%c%b%b" % (_RECORD_KEY, padded_varint(length), _CHECK_KEY, check.to_bytes(4, "little"), checked)
    ending = b"%c%b" % (_END_CHECK_KEY, check.to_bytes(4, "little"))
    return sealed, _stamp(*stamp, length, checked) + ending if stamp else ending


def next_number(number: int) -> int:
    """Return the number of the record after number *number*."""
    return (number + 1) % _NUMBERS


def padded_varint(number: int) -> bytes:
    """Return a varint of always 5 bytes."""
    return bytes((number >> shift & 0x7F) | (0x80 if shift < 28 else 0) for shift in (0, 7, 14, 21, 28))  # noqa: PLR2004


def may_begin(start: bytes) -> bool:
    """Return whether *start* can be the first bytes of a record, however few they are."""
    return all(byte & mask == expected for byte, (mask, expected) in zip(start, _LAYOUT, strict=False))


def needed(header: bytes) -> int | None:
    """Return how many bytes header and head have together, or None when *header* is not one."""
    if len(header) < HEADER_BYTES or header[MARK_AT : MARK_AT + len(_MARK)] != _MARK:
        return None
    return HEADER_BYTES + int.from_bytes(header[17:21], "little")


def size_of(header: bytes) -> int | None:
    """Return the bytes of the whole record that begins with *header*, unchecked; None when it is not one."""
    opened = _open(header, 0) if len(header) == HEADER_BYTES else None
    return None if opened is None else PREFIX_BYTES + opened[0]


def has_check(record: bytes, head_end: int, offset: int) -> bool:
    """Return whether a record at *offset* of the file, whose head ends at *head_end* of it, has the right checks."""
    check = zlib.crc32(record[MARK_AT:head_end], _seed(offset + len(record))).to_bytes(4, "little")
    return check == record[PREFIX_BYTES + 1 : MARK_AT] == record[1 - TRAILER_BYTES :]


def stamp_keys(record_bytes: int) -> tuple[int, int]:
    """Return where in a record of this size its log is named, from the key of its stamp's log to that of the seal."""
    end = record_bytes - TRAILER_BYTES
    return end - 10, end - 4


def parse(buffer: bytes, position: int, offset: int) -> Frame | None:
    """Return the frame of the record at *position* of *buffer*, which lies at *offset* of the file; None when damaged.

    The buffer holds the header and the whole head; see `needed`. A record that was moved is not recognized.
    """
    opened = _open(buffer, position)
    if opened is None:
        return None
    length, check, head_end = opened
    end = offset + PREFIX_BYTES + length
    if zlib.crc32(buffer[position + MARK_AT : head_end], _seed(end)) != check:
        return None
    return Frame(offset, end, buffer[position + HEADER_BYTES : head_end], check)


def parse_whole(buffer: bytes, position: int, offset: int, log: int) -> Frame | None:
    """Return the record at *position* of *buffer* in one look, if it is intact, of this log and wholly in the buffer.

    Finds what `parse` and `stamped` find in several steps; None says nothing.
    """
    opened = _open(buffer, position) if position + HEADER_BYTES <= len(buffer) else None
    if opened is None:
        return None
    length, check, head_end = opened
    stamp_at, seed = position + PREFIX_BYTES + length - ENDING_BYTES, _seed(offset + PREFIX_BYTES + length)
    if stamp_at + ENDING_BYTES > len(buffer) or head_end > stamp_at:
        return None
    stamp, number_key, number, log_key, found_log, seal_key, _, end_key, again = _ENDING.unpack_from(buffer, stamp_at)
    keys = (stamp, number_key, log_key, seal_key, end_key)
    if (found_log, keys, again) != (log, _ENDING_KEYS, check):
        return None
    if zlib.crc32(buffer[position + MARK_AT : head_end], seed) != check:
        return None
    end = offset + PREFIX_BYTES + length
    return Frame(offset, end, buffer[position + HEADER_BYTES : head_end], check, number, log)


def end_of(buffer: bytes, position: int, offset: int) -> int | None:
    """Return where the record ends whose header is at *position* of *buffer*, unchecked; None when it is not one."""
    opened = _open(buffer, position)
    return None if opened is None else offset + PREFIX_BYTES + opened[0]


def parse_moved(buffer: bytes, position: int, offset: int, ending: bytes) -> Frame | None:
    """Return the frame of a record that was written for another place; None when that is not what it is.

    Args:
        buffer: Holds the header and the whole head.
        position: Where the header is in there.
        offset: Where it is in the file.
        ending: The last `ENDING_BYTES` of the record.
    """
    opened = _open(buffer, position)
    stamp = parse_stamp(ending)
    if opened is None or stamp is None:
        return None
    length, check, head_end = opened
    if _stamp(*stamp, length, buffer[position + MARK_AT : head_end]) != ending[:STAMP_BYTES]:
        return None
    head = buffer[position + HEADER_BYTES : head_end]
    frame = Frame(offset, offset + PREFIX_BYTES + length, head, check, *stamp, is_moved=True)
    return frame if ending[STAMP_BYTES:] == frame.trailer else None


def stamped(frame: Frame, ending: bytes, log: int | None = None) -> Frame:
    """Return a record with what its last `ENDING_BYTES` say of it: number and log, if it has an intact stamp.

    A stamp that names *log* is believed unchecked: there is a check at the record's place already.
    """
    stamp = parse_stamp(ending)
    if stamp is None:
        return frame
    if stamp[1] != log:
        checked = b"%b%c%b%b" % (_MARK, _HEAD_SIZE_KEY, len(frame.head).to_bytes(4, "little"), frame.head)
        if _stamp(*stamp, frame.end - frame.offset - PREFIX_BYTES, checked) != ending[:STAMP_BYTES]:
            return frame
    return Frame(frame.offset, frame.end, frame.head, frame.check, *stamp)


def parse_stamp(ending: bytes) -> tuple[int, int] | None:
    """Return number and log that a record's last `ENDING_BYTES` give, unchecked; None for a record without a stamp."""
    if len(ending) < ENDING_BYTES:
        return None
    key, number_key, number, log_key, log, seal_key, _ = _STAMP.unpack_from(ending)
    return (number, log) if (key, number_key, log_key, seal_key) == _STAMP_KEYS else None


def find_mark(buffer: bytes, position: int) -> int:
    """Return where the next record may start at or after *position*, by its magic number; -1 for nowhere."""
    found = buffer.find(_MARK, position + MARK_AT)
    return found - MARK_AT if found >= 0 else -1


def find_mark_before(buffer: bytes, position: int) -> int:
    """Return where the last record may start before *position*, by its magic number; -1 for nowhere."""
    found = buffer.rfind(_MARK, 0, max(position + MARK_AT, 0))
    return found - MARK_AT if found >= MARK_AT else -1


def _open(buffer: bytes, position: int) -> tuple[int, int, int] | None:
    """Return length and check of the record whose header is at *position*, and where its head ends; unchecked."""
    key, low, high, check_key, check, mark, size_key, head_size = _HEADER.unpack_from(buffer, position)
    if mark != _MARK or key != _RECORD_KEY or check_key != _CHECK_KEY or size_key != _HEAD_SIZE_KEY:
        return None
    length = (low & 0x7F) | (low >> 1 & 0x3F80) | (low >> 2 & 0x1FC000) | (low >> 3 & 0xFE00000) | high << 28
    if (
        low & 0x80808080 != 0x80808080  # noqa: PLR2004
        or HEADER_BYTES - PREFIX_BYTES + head_size + TRAILER_BYTES > length
    ):
        return None
    return length, check, position + HEADER_BYTES + head_size


def _stamp(number: int, log: int, length: int, checked: bytes) -> bytes:
    """Return Record.stamp: its seal is bound to what it says, and to the length and the head of the record."""
    said = b"%b%b%b" % (number.to_bytes(4, "little"), log.to_bytes(4, "little"), padded_varint(length))
    keys = _STAMP_KEYS
    return _STAMP.pack(keys[0], keys[1], number, keys[2], log, keys[3], zlib.crc32(checked, zlib.crc32(said)))


def _seed(end: int) -> int:
    return (end ^ end >> 32) & 0xFFFFFFFF
