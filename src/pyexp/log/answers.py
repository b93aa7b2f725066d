"""What a `LogReader` answers with. Owns the values that are more than plain ones, and turning contents into objects."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.log import events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyexp.log.events import Entry, Points


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
        iterations = [numpy.empty(0, "int64")]
        for piece in pieces:
            steady = piece.iterations
            if isinstance(steady, range):
                iterations.append(numpy.arange(steady.start, steady.stop, steady.step, "int64"))
            else:
                iterations.append(numpy.frombuffer(steady, "int64"))
        values = [numpy.empty(0), *(numpy.frombuffer(piece.values) for piece in pieces)]
        times = [numpy.empty(0), *(numpy.frombuffer(piece.times) for piece in pieces)]
        return cls(*map(numpy.concatenate, (iterations, values, times)))


def restore(entry: Entry, content: bytes) -> Any:
    """Turn the first content of an object into what was logged."""
    media_type = entry.parts[0].media_type
    if media_type == events.PICKLE:
        return pickle.loads(content)
    if media_type == events.PLOTLY:
        plotly = import_extra("plotly.io", "viewer", "loading a plotly figure")
        return plotly.from_json(content.decode())
    if media_type == events.JSON:
        return json.loads(content)
    return content.decode("utf-8", "replace") if media_type == events.PLAIN else content
