"""Opaque numbers for what the page may ask for, so that no path or tag ever comes back from a browser.

An id is a hash of what it names: it survives a restart of the server, and so a link does. Knows no files.
"""

from __future__ import annotations

import hashlib
from typing import Final

# The largest range whose numbers JavaScript holds exactly.
_BITS: Final = 53


def stable_id(kind: str, name: str) -> int:
    """Return the id of *name* among the things of *kind*."""
    digest = hashlib.blake2b(f"{kind}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)
