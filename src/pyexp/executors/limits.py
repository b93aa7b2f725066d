"""Limits of what happens at once on this machine. Knows no executor."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anyio import CapacityLimiter


def available_cpus() -> int:
    """Return the CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def unlimited() -> CapacityLimiter:
    """Return a limiter that does not limit, for worker threads whose number the scheduler limits already."""
    from anyio import CapacityLimiter

    return CapacityLimiter(math.inf)
