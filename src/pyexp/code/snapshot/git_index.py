"""Git's index file as bytes: which files a snapshot has, and the state in which git read each of them.

The format is described in git's ``Documentation/gitformat-index.txt``; versions 2 and 3 are read here.
"""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_HEAD = struct.Struct(">4sII")
# Seconds and nanoseconds of ctime and mtime, inode, mode, size, each as 32 bits; then the hash and the flags.
_STATE = struct.Struct(">4I4x2I8xI")
_NANO = 1_000_000_000
_WORD = 0xFFFFFFFF
_FLAGS_BYTES = 2
_IS_EXTENDED = 0x40  # in the first byte of the flags
# With these, the file does not hold all entries.
_PARTIAL = {b"link", b"sdir"}

LINK, SUBMODULE = 0o120000, 0o160000


def entries(index: bytes, hash_bytes: int) -> list[tuple[bytes, bytes]] | None:
    """Split *index* into paths and records, which `mode_of` and others read; None if it is of another format."""
    signature, version, count = _HEAD.unpack_from(index)
    if signature != b"DIRC" or version not in {2, 3}:
        return None
    found = []
    size = _STATE.size + hash_bytes + _FLAGS_BYTES
    place = _HEAD.size
    for _ in range(count):
        start = place + size
        if index[start - _FLAGS_BYTES] & _IS_EXTENDED:
            start += _FLAGS_BYTES
        end = index.index(0, start)
        found.append((index[start:end], index[place : place + size - _FLAGS_BYTES]))
        place += (end - place) // 8 * 8 + 8
    if _PARTIAL.intersection(_extensions(index[place:-hash_bytes])):
        return None
    return found


def make_record(found: os.stat_result | None, mode: int, blob: str) -> bytes:
    """Make a record of a file in the state *found*; with None, in a state that no file can have."""
    state = (0, 0, 0, 0, 0, mode, 0) if found is None else (*_times(found), found.st_ino & _WORD, mode, _size(found))
    return _STATE.pack(*state) + bytes.fromhex(blob)


def is_file(record: bytes) -> bool:
    """Return whether the record is of a plain file, not of a link or a submodule."""
    return record[26] & 0xF0 == 0x80  # noqa: PLR2004 — as in a file's `st_mode`


def mode_of(record: bytes) -> int:
    """Return the mode that git has for the file."""
    return int.from_bytes(record[24:28], "big")


def hash_of(record: bytes) -> str:
    """Return the hash of the content, in hexadecimal digits."""
    return record[_STATE.size :].hex()


def is_same(record: bytes, found: os.stat_result) -> bool:
    """Return whether a file in the state *found* is in that of *record*."""
    changed_s, changed_ns, written_s, written_ns, inode, _, size = _STATE.unpack_from(record)
    return (
        written_s * _NANO + written_ns == found.st_mtime_ns
        and changed_s * _NANO + changed_ns == found.st_ctime_ns
        and size == found.st_size & _WORD
        and inode == found.st_ino & _WORD
        and stat.S_ISREG(found.st_mode)
    )


def _times(found: os.stat_result) -> tuple[int, int, int, int]:
    return *_split(found.st_ctime_ns), *_split(found.st_mtime_ns)


def _split(time_ns: int) -> tuple[int, int]:
    seconds, nanoseconds = divmod(time_ns, _NANO)
    return seconds & _WORD, nanoseconds


def _size(found: os.stat_result) -> int:
    return found.st_size & _WORD


def _extensions(part: bytes) -> Iterator[bytes]:
    place = 0
    while place + 8 <= len(part):
        yield part[place : place + 4]
        place += 8 + int.from_bytes(part[place + 4 : place + 8], "big")
