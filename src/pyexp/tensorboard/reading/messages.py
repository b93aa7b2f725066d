"""Reading TensorBoard's protobuf messages field by field. Owns what a missing or repeated field amounts to."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from pyexp.log.eventfile import protobuf_wire
from pyexp.log.values.events import MAX_ITERATION

if TYPE_CHECKING:
    from collections.abc import Sequence

Field: TypeAlias = "int | bytes"
Fields: TypeAlias = "Sequence[tuple[int, Field]]"


def parse(message: Field | None) -> dict[int, Field]:
    """Return the fields of a message by number, the last of each; none of a missing message.

    Raises:
        WireError: It is no message.
    """
    return dict(protobuf_wire.fields(to_bytes(message)))


def to_bytes(content: Field | None) -> bytes:
    """Return a field that holds bytes; nothing when it is missing."""
    return content if isinstance(content, bytes) else b""


def to_text(content: Field | None) -> str:
    """Return a field that holds a string."""
    return to_bytes(content).decode("utf-8", "replace")


def to_double(content: Field | None) -> float:
    """Return a field that holds a double; zero when it is missing."""
    data = to_bytes(content)
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else 0.0  # noqa: PLR2004


def to_float(content: Field | None) -> float:
    """Return a field that holds a float; zero when it is missing."""
    data = to_bytes(content)
    return float(struct.unpack("<f", data)[0]) if len(data) == 4 else 0.0  # noqa: PLR2004


def to_signed(number: Field | None) -> int:
    """Return a field that holds an integer: negative ones come as their two's complement."""
    value = number if isinstance(number, int) else 0
    return value - (1 << 64) if value > MAX_ITERATION else value


def unpack(code: str, content: bytes) -> list[float]:
    """Return the numbers of one `struct` code that *content* holds; bytes that make no whole one are left out."""
    count = len(content) // struct.calcsize(f"<{code}")
    return [float(number) for number in struct.unpack_from(f"<{count}{code}", content)]


def repeated(code: str, fields: Fields, number: int) -> list[float]:
    """Return all values of a repeated field of fixed size, packed or not."""
    return unpack(code, b"".join(to_bytes(content) for found, content in fields if found == number))


def repeated_integers(fields: Fields, number: int) -> list[int]:
    """Return all values of a repeated field of varints, packed or not, as they are on the protobuf_wire."""
    numbers: list[int] = []
    for found, content in fields:
        if found != number:
            continue
        if isinstance(content, int):
            numbers.append(content)
            continue
        position = 0
        while position < len(content):
            value, position = protobuf_wire.parse_varint(content, position)
            numbers.append(value)
    return numbers
