"""What the reader asks of a log of either format. Owns the port only: ``event_source``, ``json_source`` fill it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pyexp.log.values.events import Entry, Part, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What one look at the files found.

    Attributes:
        reset: The files were cut, replaced or removed; everything else in the delta describes what is there now.
        starts: For each tag with new points the index of the first that is new or changed.
        entries: Lists the new objects; they are looked at only when this is called.
        hides: Some of what was there before is hidden now.
    """

    reset: bool = False
    starts: Mapping[str, int] = field(default_factory=dict)
    entries: Callable[[], Sequence[Entry]] = tuple
    hides: bool = False


class Source(Protocol):
    """The events of one run, as far as `poll` has looked."""

    def poll(self) -> Delta:
        """Look for what is new. Never raises for damage, cuts or files that are gone."""

    @property
    def tags(self) -> Collection[str]:
        """The scalar tags."""

    @property
    def attempts(self) -> Sequence[float]:
        """When each attempt began."""

    @property
    def damage(self) -> int:
        """Number of damaged records found so far."""

    @property
    def problem(self) -> str | None:
        """Why files with the names of a log's hold none; None when they hold one, or nothing yet."""

    def count(self, tag: str) -> int:
        """Return the number of points of a tag, hidden ones included."""

    def points(self, tag: str, start: int) -> list[Points]:
        """Return the visible points of a tag from index *start* on, in pieces."""

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return iteration and value of the last visible point of a tag, however many there are; None without one."""

    def entries(self) -> list[Entry]:
        """Return the visible objects."""

    def contents(self, parts: Sequence[Part]) -> list[bytes | None]:
        """Return the bytes of these parts; None for those that are damaged or gone."""
