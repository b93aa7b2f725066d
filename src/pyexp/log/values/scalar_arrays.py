"""What a `LogReader` answers with. Owns the values that are more than plain ones; knows neither files nor formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping, Sequence

    from pyexp.log.values.events import Entry, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What `LogReader.refresh` found.

    Attributes:
        reset: The log was cut, replaced or removed: forget what was read before.
        scalars: For each tag with new points the index of the first that is new or changed; keep the points before it.
        objects: New texts, figures, checkpoints and so on.
        hidden: A new attempt hid some of the objects that were there before.
    """

    reset: bool = False
    scalars: Mapping[str, int] = field(default_factory=dict)
    objects: tuple[Entry, ...] = ()
    hidden: bool = False

    def __bool__(self) -> bool:
        return bool(self.reset or self.scalars or self.objects)


@dataclass(frozen=True, slots=True)
class ScalarArrays:
    """The points of one tag as NumPy arrays of one length: int64, float64, float64 (seconds since 1970-01-01 UTC)."""

    iterations: Any
    values: Any
    times: Any

    @classmethod
    def join(cls, pieces: Sequence[Points]) -> ScalarArrays:
        """Join pieces of one tag.

        Raises:
            MissingExtraError: NumPy is not installed.
        """
        numpy = import_extra("numpy", "analysis", "load_scalars_array")
        iterations = [_arange(numpy, piece.iterations) for piece in pieces]
        values = [numpy.frombuffer(piece.values) for piece in pieces]
        times = [numpy.frombuffer(piece.times) for piece in pieces]
        if len(pieces) == 1:
            return cls(iterations[0], values[0], times[0])
        none = numpy.empty(0)
        columns = ([none.astype("int64"), *iterations], [none, *values], [none, *times])
        return cls(*map(numpy.concatenate, columns))


def _arange(numpy: Any, iterations: array[int] | range) -> Any:
    if isinstance(iterations, range):
        return numpy.arange(iterations.start, iterations.stop, iterations.step, "int64")
    return numpy.frombuffer(iterations, "int64")
