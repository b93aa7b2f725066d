"""What is inside a record of TensorBoard: ``Event``, ``Summary``, ``TensorProto``, read without TensorBoard.

Owns the field numbers of those messages (tensorboard/compat/proto). Turns each value into a scalar or an item of ours,
and counts what it cannot turn.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pyexp.log import capture, events, images, wire
from pyexp.log.checks import check_path_tag
from pyexp.log.events import Content, Item

if TYPE_CHECKING:
    from collections.abc import Iterator

Field: TypeAlias = "int | bytes"

_TEXT_SUFFIX = "/text_summary"  # what both SummaryWriters append to the tag of a text
_DTYPES = {1: "f", 2: "d", 3: "i", 9: "q"}  # float, double, int32, int64 of DataType
_TYPED_VALUES = {5: "f", 6: "d"}  # packed float_val, double_val of TensorProto
_BUCKET = 3  # left edge, right edge and count in a tensor of the histogram plugin


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
    plugin: str


Value: TypeAlias = Scalar | Item | Unknown


def parse_event(record: bytes) -> Iterator[Value]:
    """Yield the values of one event.

    Raises:
        WireError: The record is no event.
    """
    event = dict(wire.fields(record))
    time = _double(event.get(1))
    step = _signed(event.get(2, 0))
    for number, summary in wire.fields(_bytes(event.get(5))):
        if number == 1 and isinstance(summary, bytes):
            value = _parse_value(summary, step, time)
            if value is not None:
                yield value


def _parse_value(summary: bytes, step: int, time: float) -> Value | None:
    value = dict(wire.fields(summary))
    tag = _bytes(value.get(1)).decode("utf-8", "replace")
    plugin, content = _plugin(_bytes(value.get(9)))
    if 2 in value:  # noqa: PLR2004 - simple_value
        return Scalar(tag, step, time, struct.unpack("<f", _bytes(value[2]))[0])
    if plugin == "hparams":
        made = _hparams(content)
        return Item(kind=events.HPARAMS, tag="hparams", iteration=step, time=time, contents=(made,)) if made else None
    converted = _convert(plugin, value)
    if isinstance(converted, float):
        return Scalar(tag, step, time, converted)
    if converted is None:
        return Unknown(tag, plugin)
    kind, made = converted
    if kind == events.TEXT:
        tag = tag.removesuffix(_TEXT_SUFFIX)
    else:
        try:
            check_path_tag(tag)
        except ValueError:
            return Unknown(tag, plugin)
    return Item(kind=kind, tag=tag, iteration=step, time=time, contents=(made,))


def _convert(plugin: str, value: dict[int, Field]) -> float | tuple[str, Content] | None:
    if 4 in value:  # noqa: PLR2004 - image
        return _image(_bytes(dict(wire.fields(_bytes(value[4]))).get(4)))
    if 5 in value:  # noqa: PLR2004 - histo
        return events.HISTOGRAM, _histogram(dict(wire.fields(_bytes(value[5]))))
    return _convert_tensor(plugin, list(wire.fields(_bytes(value.get(8)))))


def _convert_tensor(plugin: str, tensor: list[tuple[int, Field]]) -> float | tuple[str, Content] | None:
    strings = [item for number, item in tensor if number == 8 and isinstance(item, bytes)]  # noqa: PLR2004
    numbers = _numbers(tensor)
    if plugin == "text" and strings:
        return events.TEXT, Content(events.PLAIN, b"\n".join(strings))
    if plugin == "images" and len(strings) > 2:  # noqa: PLR2004 - width, height, pictures
        return _image(strings[2])
    if plugin == "histograms" and numbers:
        return events.HISTOGRAM, _bucket_histogram(numbers)
    return numbers[0] if len(numbers) == 1 else None


def _image(data: bytes) -> tuple[str, Content] | None:
    media_type = images.media_type_of(data)
    return (events.IMAGE, Content(media_type, data)) if media_type else None


def _histogram(histogram: dict[int, Field]) -> Content:
    """Turn a `HistogramProto`: right edges and counts, the least and the greatest value apart."""
    limits, counts = (_unpack("d", _bytes(histogram.get(number))) for number in (6, 7))
    low, high = _double(histogram.get(1)), _double(histogram.get(2))
    if limits:
        limits[-1] = max(min(limits[-1], high), *limits[-2:-1], low)
        low = min(low, limits[0])
    return capture.json_content({"edges": [low, *limits], "counts": counts})


def _bucket_histogram(numbers: list[float]) -> Content:
    """Turn rows of left edge, right edge and count."""
    edges = [*numbers[::_BUCKET], *numbers[-2:-1]]
    return capture.json_content({"edges": edges, "counts": numbers[2::_BUCKET]})


def _numbers(tensor: list[tuple[int, Field]]) -> list[float]:
    typecode = next((_DTYPES.get(item) for number, item in tensor if number == 1 and isinstance(item, int)), None)
    for number, item in tensor:
        if number in _TYPED_VALUES and isinstance(item, bytes):
            return _unpack(_TYPED_VALUES[number], item)
        if number == 4 and typecode and isinstance(item, bytes):  # noqa: PLR2004 - tensor_content
            return _unpack(typecode, item)
    return []


def _unpack(typecode: str, content: bytes) -> list[float]:
    column = array(typecode)
    usable = len(content) // column.itemsize * column.itemsize
    return [float(number) for number in wire.parse_column(typecode, content[:usable])]


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    data = dict(wire.fields(_bytes(dict(wire.fields(metadata)).get(1))))
    return _bytes(data.get(1)).decode("utf-8", "replace"), _bytes(data.get(2))


def _hparams(content: bytes) -> Content | None:
    """Read the hyperparameters of a session's start; its other messages say nothing that a log keeps."""
    start = dict(wire.fields(content)).get(3)
    if not isinstance(start, bytes):
        return None
    found: dict[str, Any] = {}
    for number, entry in wire.fields(start):
        if number == 1 and isinstance(entry, bytes):
            pair = dict(wire.fields(entry))
            found[_bytes(pair.get(1)).decode("utf-8", "replace")] = _plain(dict(wire.fields(_bytes(pair.get(2)))))
    return capture.hparams(found, {})


def _plain(value: dict[int, Field]) -> Any:
    """Read a `google.protobuf.Value`."""
    if 2 in value:  # noqa: PLR2004 - number_value
        return _double(value[2])
    if 3 in value:  # noqa: PLR2004 - string_value
        return _bytes(value[3]).decode("utf-8", "replace")
    return bool(value[4]) if 4 in value else None  # noqa: PLR2004 - bool_value


def _bytes(content: Field | None) -> bytes:
    return content if isinstance(content, bytes) else b""


def _double(content: Field | None) -> float:
    data = _bytes(content)
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else 0.0  # noqa: PLR2004


def _signed(number: Field) -> int:
    """Varints carry negative numbers as their two's complement."""
    value = number if isinstance(number, int) else 0
    return value - (1 << 64) if value > events.MAX_ITERATION else value
