"""The capture of all that this process prints, by its descriptors: child processes, C code and older handlers included.

Only where one run has the process to itself. Knows no stream of Python's but to flush it.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from pyexp._libc import load_libc

if TYPE_CHECKING:
    from collections.abc import Iterator

_STANDARD: Final = (1, 2)
# What the descriptors of the standard streams were before, outermost capture first.
_saved: list[DescriptorCapture] = []


class DescriptorCapture:
    """The standard descriptors of this process while they lead to a file."""

    def __init__(self, target: int) -> None:
        """Have what is printed from now on go to the descriptor *target*.

        Raises:
            OSError: A standard stream is closed, or there are too many open files.
        """
        _flush()
        self.before = [os.dup(number) for number in _STANDARD]
        for number in _STANDARD:
            os.dup2(target, number)
        _saved.append(self)

    def restore(self) -> None:
        """Have the descriptors lead where they did before; a second call does nothing."""
        if self not in _saved:
            return
        _saved.remove(self)
        _flush()
        for number, before in zip(_STANDARD, self.before, strict=True):
            os.dup2(before, number)
            os.close(before)


@contextmanager
def captured_descriptors(target: int) -> Iterator[DescriptorCapture | None]:
    """Have what this process prints inside of the block go to *target*; None where that is not possible."""
    capture = None
    if sys.platform != "win32":
        with suppress(OSError):
            capture = DescriptorCapture(target)
    try:
        yield capture
    finally:
        if capture is not None:
            capture.restore()


def terminal_descriptor() -> int:
    """Return the descriptor of what standard error was before any capture."""
    return _saved[0].before[1] if _saved else 2


def _flush() -> None:
    """Write out what waits in buffers, which belongs where the descriptors lead now."""
    for stream in {sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__}:
        with suppress(Exception):  # a full disk, a closed stream, or an object of the user's
            stream.flush()  # type: ignore[union-attr]
    load_libc().fflush(None)
