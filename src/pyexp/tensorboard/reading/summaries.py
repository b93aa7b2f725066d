"""What is inside a record of TensorBoard: ``Event`` and ``Summary``, read without TensorBoard.

Owns the translation of each value: to a scalar or an item of ours, or to the name of a kind that our log lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pyexp.log import KINDS, Content, Item, capture, media_type_of
from pyexp.tensorboard.reading import histograms
from pyexp.tensorboard.reading.messages import parse_event, parse_hparams, parse_summary, to_text
from pyexp.tensorboard.reading.tensors import read_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.tensorboard._pb import tensorboard_pb2
    from pyexp.tensorboard.reading.tensors import Tensor

SESSION_KEY: Final = b"\x3a"  # of the field session_log in an event
_GRAPHS = {"graph_def": "graph", "tagged_run_metadata": "run metadata", "meta_graph_def": "graph"}  # fields of Event
_START: Final = 1  # SessionLog.status
_TEXT_SUFFIX = "/text_summary"  # what both SummaryWriters append to the tag of a text
_SIZES = 2  # strings before the pictures in a tensor of the image plugin: width and height


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number."""

    tag: str
    step: int
    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of a kind that has no counterpart here."""

    tag: str
    kind: str


Value: TypeAlias = Scalar | Item | Unknown


@dataclass(frozen=True, slots=True)
class Event:
    """When something was logged, and what."""

    step: int
    time: float
    values: tuple[Value, ...]


def parse_start(record: bytes) -> int | None:
    """Return the step at which a session starts, if this event says so.

    Raises:
        MessageError: The record is not an event.
    """
    event = parse_event(record)
    return event.step if event.session_log.status == _START else None


def parse_step(record: bytes) -> int | None:
    """Return the step of an event, if it has one.

    Raises:
        MessageError: The record is not an event.
    """
    event = parse_event(record)
    return event.step if event.HasField("step") else None


class EventParser:
    """A reader of one run's events. Remembers the kind of each tag, which writers state with its first value only."""

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def parse(self, record: bytes) -> Event:
        """Read one event.

        Raises:
            MessageError: The record is not an event.
        """
        event = parse_event(record)
        values: list[Value] = [Unknown("", kind) for name, kind in _GRAPHS.items() if event.HasField(name)]
        values += self._values(event.summary, event.step, event.wall_time)
        return Event(event.step, event.wall_time, tuple(values))

    def parse_summary(self, data: bytes) -> tuple[Value, ...]:
        """Read the values of an event alone, at step and time 0.

        Raises:
            MessageError: It is not a summary.
        """
        return tuple(self._values(parse_summary(data), 0, 0.0))

    def _values(self, summary: tensorboard_pb2.Summary, step: int, time: float) -> Iterator[Value]:
        for value in summary.value:
            tag = to_text(value.tag)
            if value.HasField("simple_value"):
                yield Scalar(tag, step, time, value.simple_value)
                continue
            for kind, name, made in self._convert(tag, value):
                if isinstance(made, float):
                    yield Scalar(name, step, time, made)
                elif made is None:
                    yield Unknown(name, kind)
                else:
                    yield Item(kind=kind, tag=name, iteration=step, time=time, contents=(made,))

    def _convert(self, tag: str, value: tensorboard_pb2.Summary.Value) -> _Found:
        data = value.metadata.plugin_data
        plugin = to_text(data.plugin_name)
        plugin = self._plugins.setdefault(tag, plugin) if plugin else self._plugins.get(tag, "")
        return _hparams(data.content) if plugin == "hparams" else _convert(plugin, tag, value)


_Found: TypeAlias = "Iterator[tuple[str, str, float | Content | None]]"


def _convert(plugin: str, tag: str, value: tensorboard_pb2.Summary.Value) -> _Found:
    """Yield kind, tag and content of all that a value holds; content is None when our log has no kind for it."""
    if value.HasField("image"):
        yield from _pictures(tag, [value.image.encoded_image_string])
    elif value.HasField("histo"):
        yield "histogram", tag, histograms.of_proto(value.histo)
    elif value.HasField("tensor"):
        yield from _convert_tensor(plugin, tag, read_tensor(value.tensor))
    elif value.HasField("audio") and not plugin:
        yield "audio", tag, _known("audio", to_text(value.audio.content_type), value.audio.encoded_audio_string)
    else:
        yield plugin or "unknown kind", tag, None


def _convert_tensor(plugin: str, tag: str, tensor: Tensor) -> _Found:
    if plugin == "text" and tensor.strings:
        text = b"\n".join(tensor.strings)
        yield "text", tag.removesuffix(_TEXT_SUFFIX), _known("text", "text/plain", text)
    elif plugin == "images" and len(tensor.strings) >= _SIZES:
        yield from _pictures(tag, tensor.strings[_SIZES:])
    elif plugin == "histograms" and (tensor.numbers or 0 in tensor.shape):
        yield "histogram", tag, histograms.of_rows(tensor.numbers)
    else:
        yield plugin or "tensor", tag, tensor.scalar


def _pictures(tag: str, pictures: Sequence[bytes]) -> _Found:
    """Yield each picture: one under its tag, several as ``tag/0``, ``tag/1``, …."""
    for number, data in enumerate(pictures):
        name = tag if len(pictures) == 1 else f"{tag}/{number}"
        yield "image", name, _known("image", media_type_of(data), data)


def _known(kind: str, media_type: str | None, data: bytes) -> Content | None:
    """Return a file as a content of this kind, if our log has the kind, and the kind such files."""
    known = KINDS[kind].media_types if kind in KINDS else ()
    return Content(media_type, data) if media_type and media_type in {media.name for media in known} else None


def _hparams(content: bytes) -> _Found:
    """Yield the hyperparameters of a session's start; its other messages hold nothing that a log keeps."""
    data = parse_hparams(content)
    if data.HasField("session_start_info"):
        found = {to_text(entry.key): _plain(entry.value) for entry in data.session_start_info.hparams}
        yield "hparams", "hparams", capture("hparams", "hparams", found)[0]


def _plain(value: tensorboard_pb2.Value) -> Any:
    """Return what a `google.protobuf.Value` holds; None for what is neither number, text nor truth value."""
    if value.HasField("number_value"):
        return value.number_value
    if value.HasField("string_value"):
        return to_text(value.string_value)
    return value.bool_value if value.HasField("bool_value") else None
