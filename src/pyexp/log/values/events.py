"""What travels from a logger to a file and back: points, objects, and the entries that describe objects on disk.

Frozen values only. Knows neither files nor formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

MIN_ITERATION: Final = -(1 << 63)
MAX_ITERATION: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one tag in the order in which they were logged: three columns of one length.

    Iterations at a constant distance may be given as a range.
    """

    tag: str
    iterations: array[int] | range
    values: array[float]
    times: array[float]


@dataclass(frozen=True, slots=True)
class Content:
    """One content of an object: bytes and what they are."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An object on its way to the file. Without an iteration the writer counts: 0, 1, 2, … per kind and tag."""

    kind: str
    tag: str
    iteration: int | None
    time: float
    contents: tuple[Content, ...]
    interactive: bool = False

    @property
    def size(self) -> int:
        """Bytes of all contents."""
        return sum(len(content.data) for content in self.contents)


@dataclass(frozen=True, slots=True)
class Part:
    """One content of a logged object: what it is and where its bytes are."""

    media_type: str
    size: int
    path: Path
    offset: int
    crc32: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A logged object as it is listed, its contents unread. The `id` is unique within the run's file."""

    kind: str
    tag: str
    iteration: int
    time: float
    interactive: bool
    parts: tuple[Part, ...]
    id: int

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    def part(self, media_type: str) -> Part | None:
        """Return the part of this media type, if there is one."""
        return next((part for part in self.parts if part.media_type == media_type), None)
