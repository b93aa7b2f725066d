"""How benchmarks take time on a shared machine: systems take turns, several rounds, and the median is quoted."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def take_turns(systems: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each of *systems*, called in turn for *rounds* rounds after one that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for counted in range(rounds + 1):
        for name, call in systems.items():
            start = time.perf_counter()
            call()
            if counted:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}
