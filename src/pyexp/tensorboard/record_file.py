"""The container of TensorBoard's event files: TFRecord. Owns its framing; knows nothing of the inside.

The format: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from pyexp.tensorboard.checksum import masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
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
        if masked_crc32c(data) != _FOOTER.unpack(footer)[0]:
            continue
        yield data
