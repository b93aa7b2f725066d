"""Waiting for a condition, never for luck."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], *, timeout_s: float = 20.0, every_s: float = 0.01, what: str = "the condition"
) -> T:
    """Call *condition* until it gives something true, and give that; fail after *timeout_s*."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}; last seen: {value!r}")
        time.sleep(every_s)
    return value


def wait_until_read(path: Path) -> str:
    """Content of *path*, once it has some."""
    return wait_until(lambda: path.exists() and path.read_text(), timeout_s=60.0, what=f"something in {path}")
