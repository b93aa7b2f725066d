"""The kinds of logged objects, one row each: what other modules need to know of a kind is derived from here.

Owns the table. Knows neither files nor queues; what captures and restores an object is imported on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyexp.log.values.events import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """What the bytes of an object are.

    Attributes:
        name: As in RFC 6838.
        suffix: The end of the names of such files.
        restore: The function that makes the logged value of the bytes, as ``module:name`` below ``pyexp.log``.
    """

    name: str
    suffix: str
    restore: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of logged objects.

    Attributes:
        name: As users and files spell it.
        plural: Of the name.
        number: In the enum ``Kind`` of ``events.proto``.
        folder: Where a log of JSON lines keeps such objects, in the folder of an iteration; None when they are lines.
        media_types: What an object may consist of; what it is restored from comes first.
        capture: The function that makes contents of a value, as ``module:name`` below ``pyexp.log``. It takes the tag,
            the value and options, and returns a `Content` or a tuple of them.
    """

    name: str
    plural: str
    number: int
    folder: str | None
    media_types: tuple[MediaType, ...]
    capture: str


PLAIN: Final = MediaType(name="text/plain", suffix=".txt", restore="values.restoring:decode_text")
PICKLE: Final = MediaType(name="application/x-pickle", suffix=".cpkl", restore="values.restoring:unpickle")
JSON: Final = MediaType(name="application/json", suffix=".json", restore="values.restoring:parse_json")
PLOTLY: Final = MediaType(
    name="application/vnd.plotly+json", suffix=".plotly.json", restore="values.restoring:parse_plotly"
)
PNG, JPEG, GIF, WEBP = (
    MediaType(name=f"image/{name}", suffix=suffix, restore="values.restoring:keep_bytes")
    for name, suffix in (("png", ".png"), ("jpeg", ".jpg"), ("gif", ".gif"), ("webp", ".webp"))
)

TEXT: Final = Kind(
    name="text",
    plural="texts",
    number=1,
    folder=None,
    media_types=(PLAIN,),
    capture="call.objects:text",
)
FIGURE: Final = Kind(
    name="figure",
    plural="figures",
    number=2,
    folder="figures",
    media_types=(PICKLE, PLOTLY, PNG),
    capture="call.figures:figure",
)
CHECKPOINT: Final = Kind(
    name="checkpoint",
    plural="checkpoints",
    number=3,
    folder="checkpoints",
    media_types=(PICKLE,),
    capture="call.objects:checkpoint",
)
IMAGE: Final = Kind(
    name="image",
    plural="images",
    number=4,
    folder="images",
    media_types=(PNG, JPEG, GIF, WEBP),
    capture="call.images:encode",
)
HISTOGRAM: Final = Kind(
    name="histogram",
    plural="histograms",
    number=5,
    folder="histograms",
    media_types=(JSON,),
    capture="call.objects:histogram",
)
TABLE: Final = Kind(
    name="table",
    plural="tables",
    number=6,
    folder="tables",
    media_types=(JSON,),
    capture="call.objects:table",
)
HPARAMS: Final = Kind(
    name="hparams",
    plural="hparams",
    number=7,
    folder="hparams",
    media_types=(JSON,),
    capture="call.objects:hparams",
)

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (TEXT, FIGURE, CHECKPOINT, IMAGE, HISTOGRAM, TABLE, HPARAMS)
}
_MEDIA_TYPES: Final = {media.name: media for kind in KINDS.values() for media in kind.media_types}


def capture(kind: str, tag: str, value: Any, **options: Any) -> tuple[Content, ...]:
    """Return the contents that keep *value* as it is now, as an object of this kind.

    Raises:
        TypeError: The value is not one of this kind, or cannot be pickled.
        ValueError: Its shape or an option is wrong.
    """
    contents = _look_up(KINDS[kind].capture)(tag, value, **options)
    return contents if isinstance(contents, tuple) else (contents,)


def restore(media_type: str, data: bytes) -> Any:
    """Return the logged value whose first content these bytes are; bytes of an unknown type stay bytes."""
    known = _MEDIA_TYPES.get(media_type)
    return data if known is None else _look_up(known.restore)(data)


@cache
def _look_up(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(f"pyexp.log.{module}"), name)
    return function
