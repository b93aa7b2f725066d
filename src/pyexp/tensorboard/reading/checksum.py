"""The checksum of TFRecord: CRC-32C (Castagnoli), masked. Owns its arithmetic; knows no file.

With the package ``google-crc32c`` or ``crc32c`` it runs at the speed of the processor. Neither is needed: without them
a table computes it at about 10 MB/s.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8
_PACKAGES = (("google_crc32c", "value"), ("crc32c", "crc32c"))


def masked_crc32c(data: bytes) -> int:
    """Return the checksum that TFRecord uses."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ALL_ONES


def by_table(data: bytes) -> int:
    """Return the CRC-32C of *data*, byte by byte."""
    crc = _ALL_ONES
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ _ALL_ONES


def fastest() -> Callable[[bytes], int]:
    """Return the function of the first package that is installed and is not written in Python; else `by_table`."""
    for package, name in _PACKAGES:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # google-crc32c says so when it has only its Python version
                module = import_module(package)
        except ImportError:
            continue
        if getattr(module, "implementation", "c") == "c":
            found: Callable[[bytes], int] = getattr(module, name)
            return found
    return by_table


def _row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_row(byte) for byte in range(256)]
crc32c = fastest()
"""Return the CRC-32C of some bytes."""
