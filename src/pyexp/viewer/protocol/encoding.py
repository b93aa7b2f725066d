"""Answers as bytes: JSON without NaN, and binary frames of float64 columns. Knows no web framework."""

from __future__ import annotations

import json
import math
import sys
from array import array
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAGIC: Final = b"PXS1"


def to_json(value: Any) -> str:
    """Encode *value* as compact JSON; a number that JSON lacks becomes the string ``nan``, ``inf`` or ``-inf``."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    except ValueError:
        return json.dumps(_without_nan(value), allow_nan=False, separators=(",", ":"), ensure_ascii=True)


def encode_frame(header: dict[str, Any], series: Sequence[tuple[dict[str, Any], Sequence[array[float]]]]) -> bytes:
    """Pack columns of float64 behind a JSON header.

    Args:
        header: Fields of the frame; ``series`` is added.
        series: Per series its own fields, and its columns, all of one length.

    Returns:
        ``PXS1``, the header's length as u32, the header padded so that the data is 8-byte aligned, the columns one
        after the other, little-endian.
    """
    offset = 0
    entries: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    for fields, columns in series:
        points = len(columns[0])
        entries.append({**fields, "points": points, "offset": offset})
        for column in columns:
            blocks.append(little_endian(column))
            offset += 8 * points
    text = to_json({**header, "series": entries}).encode()
    text += b" " * (-(8 + len(text)) % 8)
    return b"".join((_MAGIC, len(text).to_bytes(4, "little"), text, *blocks))


def little_endian(column: array[float]) -> bytes:
    """Return the bytes of *column* as a browser's Float64Array reads them."""
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array("d", column)
    swapped.byteswap()
    return swapped.tobytes()


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(part) for part in value]
    return value
