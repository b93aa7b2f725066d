"""Places of a tensor without an item. Owns their placeholder; knows no items."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from pyexp.config.config import Config
from pyexp.config.merge import merge
from pyexp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Hole(Enum):
    """The one hole; the same also in a copy and in a pickle."""

    __module__ = "pyexp.tensor.absent"
    HOLE = auto()

    def __repr__(self) -> str:
        return "HOLE"


HOLE: Final[Any] = _Hole.HOLE
"""The placeholder of a missing item among those given to a `Tensor`."""


class Absent:
    """What ``t[i, j]`` returns where a tensor has a hole: it reads like an item without a result.

    Attributes:
        config: The coordinates of the place, by axis.
        name: The same as text.
        status: ``"absent"``.
        error: A message that says so.

    Example:
        >>> absent = Absent({"lr": 0.1, "model.width": 8})
        >>> absent.status, absent.ok, absent.config.model.width
        ('absent', False, 8)
        >>> absent.error
        'there is no item at lr=0.1, model.width=8: the sweep leaves this place out'
    """

    __module__ = "pyexp"  # where pickles look for it, wherever it moves
    __slots__ = ("config",)

    status: Final = "absent"
    ok: Final = False
    log: Final = ""
    attempts: Final = 0
    result: Final = None
    logger: Final = None
    out: Final = None
    started: Final = None
    finished: Final = None
    duration: Final = None

    def __init__(self, coordinates: Mapping[str, Any]) -> None:
        try:
            self.config = merge({}, coordinates)
        except ConfigError:  # axes whose names run through each other's values
            self.config = Config(coordinates)

    @property
    def cfg(self) -> Config:
        """Short for `config`."""
        return self.config

    @property
    def name(self) -> str:
        """The coordinates as text."""
        return ", ".join(f"{path}={value}" for path, value in _leaves(self.config, ""))

    @property
    def error(self) -> str:
        """A message that says that there is no item here."""
        return f"there is no item at {self.name}: the sweep leaves this place out"

    def __eq__(self, other: object) -> bool:
        return self.config == other.config if isinstance(other, Absent) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Absent({self.name})"


def _leaves(values: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in values.items():
        inner = isinstance(value, dict) and value
        leaves += _leaves(value, f"{prefix}{key}.") if inner else [(f"{prefix}{key}", value)]
    return leaves
