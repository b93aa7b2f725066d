"""Measuring systems side by side: they take turns, several rounds, and the median of each counts.

Whatever else the machine does so hits all of them; only ratios within one run mean anything.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from typing import TYPE_CHECKING

from table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_INSTALLED = "not installed"


def medians(systems: Mapping[str, Callable[[], float] | None], rounds: int = 5) -> dict[str, float | str]:
    """Call each system once per round and return its median figure; None stands for one that is not installed.

    A rival that fails here is a word in the table, not the end of it.
    """
    figures: dict[str, list[float]] = {name: [] for name in systems}
    failures: dict[str, str] = {name: NOT_INSTALLED for name, measure in systems.items() if measure is None}
    for _ in range(rounds):
        for name, measure in systems.items():
            if measure is None or name in failures:
                continue
            try:
                figures[name].append(measure())
            except Exception as error:
                if name in {"ours", "floor"}:
                    raise
                failures[name] = f"failed ({type(error).__name__})"
    return {name: failures.get(name) or statistics.median(taken) for name, taken in figures.items()}


def rival(package: str, measure: Callable[[], float]) -> Callable[[], float] | None:
    """Return *measure* if *package* is installed."""
    return measure if importlib.util.find_spec(package) is not None else None


def row(what: str, target: float, measured: Mapping[str, float | str], unit: str = "s") -> Row:
    """Make a row of what `medians` returned for "ours", "floor" (where there is one) and rivals."""
    rivals = {name: value for name, value in measured.items() if name not in {"ours", "floor"}}
    floor = float(measured["floor"]) if "floor" in measured else None
    return Row(what=what, ours=float(measured["ours"]), floor=floor, target=target, unit=unit, rivals=rivals)


def taken(function: Callable[[], object]) -> float:
    """Seconds that *function* takes."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin
