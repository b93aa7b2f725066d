"""The container of TensorBoard's event files: TFRecord. Owns its framing; knows nothing of the content.

The format: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from pyexp.tensorboard.reading.checksum import masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_LENGTH_BYTES = 8  # the part of the header that its checksum covers

_length_check = lru_cache(masked_crc32c)  # most records of a file have one of a few lengths


@dataclass(frozen=True, slots=True)
class Record:
    """A record that passed its check, and where it begins in the file."""

    offset: int
    data: bytes

    @property
    def size(self) -> int:
        """Its length in the file, in bytes."""
        return _HEADER.size + len(self.data) + _FOOTER.size


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are not a whole record.

    Attributes:
        offset: Where they begin in the file.
        size: How many they are.
        reason: What is wrong with them.
        is_end: They reach to the end of the file.
        is_torn: The file ends within a record, as while it is being written.
    """

    offset: int
    size: int
    reason: str
    is_end: bool = False
    is_torn: bool = False


def read_records(file: IO[bytes]) -> Iterator[Record | Damage]:
    """Yield the records of a file. One that fails its check is reported and skipped.

    After a damaged header no record can be found: it ends the file, and so does a record that is cut short.
    """
    for frame in _frames(file):
        if isinstance(frame, Damage):
            yield frame
            continue
        offset, length = frame
        data, is_whole = _read(file, offset, length)
        record = Record(offset, data)
        yield record if is_whole else Damage(offset, record.size, "wrong checksum")


def search_records(file: IO[bytes], pattern: bytes, limit_bytes: int) -> Iterator[Record]:
    """Yield the whole records of at most *limit_bytes* that contain *pattern*, without reading the others."""
    for frame in _frames(file):
        if isinstance(frame, Damage) or frame[1] > limit_bytes:
            continue
        offset, length = frame
        file.seek(offset + _HEADER.size)
        if pattern in file.read(length):
            data, is_whole = _read(file, offset, length)
            if is_whole:
                yield Record(offset, data)


def _frames(file: IO[bytes]) -> Iterator[tuple[int, int] | Damage]:
    """Yield where each record begins and how long its data is, and the damage that ends the file, if any."""
    end = file.seek(0, io.SEEK_END)
    offset = 0
    while offset < end:
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            yield _torn(offset, end)
            return
        length, check = _HEADER.unpack(header)
        if _length_check(header[:_LENGTH_BYTES]) != check:
            yield Damage(offset, end - offset, "the length of a record is damaged", is_end=True)
            return
        following = offset + _HEADER.size + length + _FOOTER.size
        if following > end:
            yield _torn(offset, end)
            return
        yield offset, length
        offset = following


def _torn(offset: int, end: int) -> Damage:
    return Damage(offset, end - offset, "the file ends within a record", is_end=True, is_torn=True)


def _read(file: IO[bytes], offset: int, length: int) -> tuple[bytes, bool]:
    """Return the data of a record, and whether it passes its check."""
    file.seek(offset + _HEADER.size)
    data = file.read(length)
    footer = file.read(_FOOTER.size)
    is_whole = len(footer) == _FOOTER.size and masked_crc32c(data) == _FOOTER.unpack(footer)[0]
    return data, is_whole
