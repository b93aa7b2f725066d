"""Where a writer puts what was logged. Owns the port, and what a forked child has in place of its parent's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyexp.log.values.events import Item, Points


class Sink(Protocol):
    """Where a writer puts what was logged."""

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode all of it and return what appends it.

        Whichever of the two raises has appended nothing: `OSError` while nothing can be written, anything else when
        some event can never be written.
        """

    def close(self) -> None:
        """Finish the file."""

    def release(self) -> None:
        """Close what is open and write nothing."""

    def reopened(self) -> Sink:
        """Return a sink of its own for a forked child."""


class ReopenedSink:
    """The sink of a forked child: a file of its own, opened at the first event; a child that logs none opens none."""

    def __init__(self, parents: Sink) -> None:
        self._parents = parents
        self._own: Sink | None = None

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode all of it and return what appends it; see `Sink.prepare`."""
        if self._own is None:
            self._own = self._parents.reopened()
        return self._own.prepare(scalars, items)

    def close(self) -> None:
        """Finish the file, if this child opened it."""
        if self._own is not None:
            self._own.close()

    def release(self) -> None:
        """Close what is open and write nothing."""
        if self._own is not None:
            self._own.release()

    def reopened(self) -> Sink:
        """Return a sink of its own for a child of this child."""
        return (self._own or self._parents).reopened()
