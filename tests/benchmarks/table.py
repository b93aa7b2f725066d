"""The one shape in which every benchmark prints its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        what: What was measured.
        ours: Our figure: seconds, or in *unit*.
        floor: That of the least code that does the same work; None where there is none.
        target: The ratio to the floor that is to be reached; without a floor, the figure itself.
        unit: Unit of the figures; seconds are shown in the fitting multiple.
        rivals: Figures of others by name; a string where there is none (``"not installed"``).
    """

    what: str
    ours: float
    floor: float | None = None
    target: float | None = None
    unit: str = "s"
    rivals: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return (self.ours if self.floor is None else self.ours / self.floor) <= self.target


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print *rows* as a Markdown table under *title*."""
    print(f"\n## {title}\n")
    print("| what | floor | ours | ratio | to reach | reached | rivals |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(_cells(row)) + " |", flush=True)


def _cells(row: Row) -> list[str]:
    ratio = "" if row.floor is None else f"{row.ours / row.floor:.2f} ×"
    target = ""
    if row.target is not None:
        target = f"≤ {row.target:g} ×" if row.floor is not None else f"≤ {_figure(row.target, row.unit)}"
    verdict = {True: "yes", False: "NO", None: ""}[row.is_reached]
    rivals = ", ".join(
        f"{name} {value if isinstance(value, str) else _rival(row, value)}" for name, value in row.rivals.items()
    )
    floor = "" if row.floor is None else _figure(row.floor, row.unit)
    return [row.what, floor, _figure(row.ours, row.unit), ratio, target, verdict, rivals]


def _rival(row: Row, value: float) -> str:
    return f"{_figure(value, row.unit)} ({value / row.ours:.1f} × ours)"


def _figure(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.4g} {unit}"
    for size, name in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:g} s"
