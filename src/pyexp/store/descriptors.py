"""The file descriptors that this process keeps open for its batches, so that a forked child can close its copies.

A copy would hold a batch's lock, or keep a pipe open, as long as the child or any process it leaves behind lives.
"""

from __future__ import annotations

import os
from contextlib import suppress

_kept: set[int] = set()


def keep(descriptor: int) -> None:
    """Note that *descriptor* is open."""
    _kept.add(descriptor)


def let_go(descriptor: int) -> None:
    """Note that *descriptor* is about to be closed."""
    _kept.discard(descriptor)


def close_inherited(*, but: int) -> None:
    """Close the copies that this forked child has, except *but*."""
    for descriptor in _kept - {but}:
        with suppress(OSError):  # closed by another thread between its note and the fork
            os.close(descriptor)
    _kept.clear()


def occupy_standard() -> None:
    """Open the null device in the place of each of the descriptors 0, 1 and 2 that is closed.

    Otherwise a file of pyexp would get the number, and a process that is started later would use it as standard stream.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 — the lowest number that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
