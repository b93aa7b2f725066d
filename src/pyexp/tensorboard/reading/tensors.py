"""``TensorProto``: numbers and strings, in whichever of its many fields they are. Owns its field numbers and types.

The message: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/tensor.proto.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyexp.log.eventfile import protobuf_wire
from pyexp.tensorboard.reading import messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.tensorboard.reading.messages import Fields

_CODES = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e", 22: "I", 23: "Q"}
_BFLOAT16: Final = 14
_DTYPE, _SHAPE, _CONTENT, _STRINGS = 1, 2, 4, 8
_FLOATS, _DOUBLES, _HALVES = 5, 6, 13
_SIGNED, _UNSIGNED = (7, 10), (11, 16, 17)  # int32 and int64; bool, uint32 and uint64
_FILLED_VALUES = 1 << 20


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a tensor holds, row by row; strings or numbers."""

    shape: tuple[int, ...]
    numbers: Sequence[float]
    strings: Sequence[bytes]

    @property
    def scalar(self) -> float | None:
        """The number, if it holds exactly one."""
        return self.numbers[0] if len(self.numbers) == 1 and math.prod(self.shape) == 1 else None


def parse_tensor(message: bytes) -> Tensor:
    """Read a `TensorProto`.

    Raises:
        WireError: It is none.
    """
    fields = list(protobuf_wire.fields(message))
    shape = _shape(next((content for number, content in fields if number == _SHAPE), b""))
    strings = [content for number, content in fields if number == _STRINGS and isinstance(content, bytes)]
    numbers = _numbers(fields)
    missing = math.prod(shape) - len(numbers)
    if numbers and 0 < missing < _FILLED_VALUES:  # equal values at the end are written once
        numbers += [numbers[-1]] * missing
    return Tensor(shape, numbers, strings)


def _shape(message: int | bytes) -> tuple[int, ...]:
    dimensions = protobuf_wire.fields(messages.to_bytes(message))
    return tuple(messages.to_signed(messages.parse(content).get(1)) for number, content in dimensions if number == 2)  # noqa: PLR2004


def _numbers(fields: Fields) -> list[float]:
    dtype = messages.to_signed(next((content for number, content in fields if number == _DTYPE), 0))
    content = messages.to_bytes(next((content for number, content in fields if number == _CONTENT), b""))
    if content:
        return _widened(content) if dtype == _BFLOAT16 else messages.unpack(_CODES.get(dtype, "x"), content)
    if found := messages.repeated("f", fields, _FLOATS) or messages.repeated("d", fields, _DOUBLES):
        return found
    if halves := messages.repeated_integers(fields, _HALVES):
        data = b"".join((half & 0xFFFF).to_bytes(2, "little") for half in halves)
        return _widened(data) if dtype == _BFLOAT16 else messages.unpack("e", data)
    signed = [number for field in _SIGNED for number in messages.repeated_integers(fields, field)]
    unsigned = [number for field in _UNSIGNED for number in messages.repeated_integers(fields, field)]
    return [*map(float, map(messages.to_signed, signed)), *map(float, unsigned)]


def _widened(content: bytes) -> list[float]:
    """Read bfloat16: the upper halves of floats."""
    halves = (content[at : at + 2] for at in range(0, len(content) - 1, 2))
    return messages.unpack("f", b"".join(b"\0\0" + half for half in halves))
