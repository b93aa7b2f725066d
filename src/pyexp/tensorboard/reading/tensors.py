"""``TensorProto``: numbers and strings, from its many fields. Owns which type is in which field.

The message: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/tensor.proto.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.tensorboard._pb.tensorboard_pb2 import TensorProto

_CODES = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e", 22: "I", 23: "Q"}
_BFLOAT16: Final = 14
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


def read_tensor(message: TensorProto) -> Tensor:
    """Return what a `TensorProto` holds."""
    shape = tuple(dim.size for dim in message.tensor_shape.dim)
    numbers = _numbers(message)
    missing = math.prod(shape) - len(numbers)
    if numbers and 0 < missing < _FILLED_VALUES:  # equal values at the end are written once
        numbers += [numbers[-1]] * missing
    return Tensor(shape, numbers, list(message.string_val))


def _numbers(message: TensorProto) -> list[float]:
    content = message.tensor_content
    if content:
        return _widened(content) if message.dtype == _BFLOAT16 else _unpack(_CODES.get(message.dtype, "x"), content)
    if message.float_val or message.double_val:
        return list(message.float_val or message.double_val)
    if message.half_val:
        data = b"".join((half & 0xFFFF).to_bytes(2, "little") for half in message.half_val)
        return _widened(data) if message.dtype == _BFLOAT16 else _unpack("e", data)
    columns = (message.int_val, message.int64_val, message.bool_val, message.uint32_val, message.uint64_val)
    return [float(number) for column in columns for number in column]


def _unpack(code: str, content: bytes) -> list[float]:
    """Return the numbers of one `struct` code that *content* holds; an incomplete one is left out."""
    count = len(content) // struct.calcsize(f"<{code}")
    return [float(number) for number in struct.unpack_from(f"<{count}{code}", content)]


def _widened(content: bytes) -> list[float]:
    """Return the numbers of bfloat16, which are the upper halves of floats."""
    halves = (content[at : at + 2] for at in range(0, len(content) - 1, 2))
    return _unpack("f", b"".join(b"\0\0" + half for half in halves))
