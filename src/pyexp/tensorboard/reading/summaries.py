"""What is inside a record of TensorBoard: ``Event`` and ``Summary``, read without TensorBoard.

Owns the field numbers of those messages (tensorboard/compat/proto). Turns each value into a scalar or an item of ours,
and names what it cannot turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pyexp.log.call import images, objects
from pyexp.log.eventfile import protobuf_wire
from pyexp.log.values import events
from pyexp.log.values.events import Content, Item
from pyexp.tensorboard.reading import histograms, messages
from pyexp.tensorboard.reading.tensors import parse_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.tensorboard.reading.messages import Field
    from pyexp.tensorboard.reading.tensors import Tensor

SESSION_KEY: Final = b"\x3a"  # of the field session_log in an event
_WALL_TIME, _STEP, _SUMMARY, _SESSION = 1, 2, 5, 7  # of Event
_GRAPHS = {4: "graph", 8: "run metadata", 9: "graph"}  # of Event, too: what is no summary
_TAG, _SIMPLE_VALUE, _IMAGE, _HISTOGRAM, _AUDIO, _TENSOR, _METADATA = 1, 2, 4, 5, 6, 8, 9  # of Summary.Value
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
        WireError: The record is no event.
    """
    event = messages.parse(record)
    is_start = messages.parse(event.get(_SESSION)).get(1) == _START
    return messages.to_signed(event.get(_STEP)) if is_start else None


def parse_step(record: bytes) -> int | None:
    """Return the step of an event, if it has one."""
    event = messages.parse(record)
    return messages.to_signed(event[_STEP]) if _STEP in event else None


class EventParser:
    """Reads the events of one run. Remembers of which kind each tag is: writers say so with its first value only."""

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def parse(self, record: bytes) -> Event:
        """Read one event.

        Raises:
            WireError: The record is no event.
        """
        event = messages.parse(record)
        step = messages.to_signed(event.get(_STEP))
        time = messages.to_double(event.get(_WALL_TIME))
        values: list[Value] = [Unknown("", kind) for number, kind in _GRAPHS.items() if number in event]
        for number, summary in protobuf_wire.fields(messages.to_bytes(event.get(_SUMMARY))):
            if number == 1 and isinstance(summary, bytes):
                values += self._parse_value(summary, step, time)
        return Event(step, time, tuple(values))

    def _parse_value(self, summary: bytes, step: int, time: float) -> Iterator[Value]:
        value = messages.parse(summary)
        tag = messages.to_text(value.get(_TAG))
        if _SIMPLE_VALUE in value:
            yield Scalar(tag, step, time, messages.to_float(value[_SIMPLE_VALUE]))
            return
        plugin, content = _plugin(value.get(_METADATA))
        plugin = self._plugins.setdefault(tag, plugin) if plugin else self._plugins.get(tag, "")
        found = _hparams(content) if plugin == "hparams" else _convert(plugin, tag, value)
        for kind, name, made in found:
            if isinstance(made, float):
                yield Scalar(name, step, time, made)
            elif made is None:
                yield Unknown(name, kind)
            else:
                yield Item(kind=kind, tag=name, iteration=step, time=time, contents=(made,))


_Found: TypeAlias = "Iterator[tuple[str, str, float | Content | None]]"


def _convert(plugin: str, tag: str, value: dict[int, Field]) -> _Found:
    """Yield kind, tag and content of all that a value holds; content is None when it cannot be turned."""
    if _IMAGE in value:
        yield from _pictures(tag, [messages.to_bytes(messages.parse(value[_IMAGE]).get(4))])
    elif _HISTOGRAM in value:
        yield events.HISTOGRAM, tag, histograms.of_proto(messages.to_bytes(value[_HISTOGRAM]))
    elif _TENSOR in value:
        yield from _convert_tensor(plugin, tag, parse_tensor(messages.to_bytes(value[_TENSOR])))
    else:
        yield plugin or ("audio" if _AUDIO in value else "unknown kind"), tag, None


def _convert_tensor(plugin: str, tag: str, tensor: Tensor) -> _Found:
    if plugin == "text" and tensor.strings:
        text = Content(events.PLAIN, b"\n".join(tensor.strings))
        yield events.TEXT, tag.removesuffix(_TEXT_SUFFIX), text
    elif plugin == "images" and len(tensor.strings) >= _SIZES:
        yield from _pictures(tag, tensor.strings[_SIZES:])
    elif plugin == "histograms" and (tensor.numbers or 0 in tensor.shape):
        yield events.HISTOGRAM, tag, histograms.of_rows(tensor.numbers)
    else:
        yield plugin or "tensor", tag, tensor.scalar


def _pictures(tag: str, pictures: Any) -> _Found:
    """Yield each picture: one under its tag, several as ``tag/0``, ``tag/1``, …."""
    for number, data in enumerate(pictures):
        media_type = images.media_type_of(data)
        name = tag if len(pictures) == 1 else f"{tag}/{number}"
        yield events.IMAGE, name, Content(media_type, data) if media_type else None


def _plugin(metadata: Field | None) -> tuple[str, bytes]:
    data = messages.parse(messages.parse(metadata).get(1))
    return messages.to_text(data.get(1)), messages.to_bytes(data.get(2))


def _hparams(content: bytes) -> _Found:
    """Yield the hyperparameters of a session's start; its other messages say nothing that a log keeps."""
    start = messages.parse(content).get(3)
    if not isinstance(start, bytes):
        return
    found: dict[str, Any] = {}
    for number, entry in protobuf_wire.fields(start):
        if number == 1 and isinstance(entry, bytes):
            pair = messages.parse(entry)
            found[messages.to_text(pair.get(1))] = _plain(messages.parse(pair.get(2)))
    yield events.HPARAMS, "hparams", objects.hparams(found, {})


def _plain(value: dict[int, Field]) -> Any:
    """Read a `google.protobuf.Value`."""
    if 2 in value:  # noqa: PLR2004 - number_value
        return messages.to_double(value[2])
    if 3 in value:  # noqa: PLR2004 - string_value
        return messages.to_text(value[3])
    return bool(value[4]) if 4 in value else None  # noqa: PLR2004 - bool_value
