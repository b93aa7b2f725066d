"""The C library of this process, for what Python has no function for. Knows nothing of who calls it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes


@cache
def load_libc() -> ctypes.CDLL:
    """Load the C library of this process, with the function that every forked child calls."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    getattr(library, "prctl", None)  # looked up here once, not in every child
    return library
