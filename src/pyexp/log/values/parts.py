"""The bytes of logged objects, wherever they are on disk. Checks them; knows neither format."""

from __future__ import annotations

import os
import sys
import zlib
from itertools import groupby
from typing import IO, TYPE_CHECKING

from pyexp._files import open_regular
from pyexp.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyexp.log.values.events import Part


def read_bytes(path: Path | str, offset: int, size: int, crc32: int | None) -> bytes:
    """Return *size* bytes at *offset* of a file.

    Raises:
        LogError: The file is gone or too short, or the bytes are not those that were written.
    """
    try:
        with open_regular(path, follow_links=True, buffering=0) as file:
            data = _read_checked(file, offset, size, crc32)
    except OSError as error:
        raise LogError(f"{str(path)!r} cannot be read any more: {error.strerror or error}") from error
    if data is None:
        raise LogError(
            f"{size:,} bytes at {offset:,} of {str(path)!r} are damaged: they are not what was logged; "
            "other records of the file are still readable"
        )
    return data


def read_parts(parts: Sequence[Part]) -> list[bytes | None]:
    """Return the bytes of parts, in their order, opening each file once in a row; None for what is damaged or gone."""
    found: list[bytes | None] = []
    for path, of_file in groupby(parts, key=lambda part: part.path):
        wanted = list(of_file)
        try:
            with open_regular(path, follow_links=True, buffering=0) as file:
                contents = [_read_checked(file, part.offset, part.size, part.crc32) for part in wanted]
        except OSError:
            contents = [None] * len(wanted)
        found += contents
    return found


def _read_checked(file: IO[bytes], offset: int, size: int, crc32: int | None) -> bytes | None:
    if offset + size > os.fstat(file.fileno()).st_size:
        return None
    data = read_at(file, offset, size)
    return data if len(data) == size and (crc32 is None or zlib.crc32(data) == crc32) else None


def read_at(file: IO[bytes], offset: int, size: int) -> bytes:
    """Return up to *size* bytes at *offset* of an unbuffered file: fewer at its end."""
    data = _read_once(file, offset, size)
    while data and len(data) < size:  # the end of the file, or more than the system reads at once
        more = _read_once(file, offset + len(data), size - len(data))
        if not more:
            break
        data += more
    return data


if sys.platform == "win32":

    def _read_once(file: IO[bytes], offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(size)

else:

    def _read_once(file: IO[bytes], offset: int, size: int) -> bytes:
        return os.pread(file.fileno(), size, offset)
