"""The shapes of the viewer's answers: JSON without NaN, the one error shape, binary frames of float64 columns.

Owns how an answer is spelled; refuses to know where the values come from.
"""

from __future__ import annotations

import json
import math
import re
import sys
from array import array
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME_LIMIT: Final = 300
_NOT_FOUND: Final = "There is nothing here: the address is wrong, or what it named is gone."
_NUMBER: Final = re.compile(r"(\d{1,18})")
_MAGIC: Final = b"PXS1"


class AnswerError(Exception):
    """A request that cannot be answered; becomes the error shape.

    Attributes:
        status: The HTTP status.
        reason: One sentence for a person.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class UnknownIdError(AnswerError):
    """An id that names nothing, or no longer; all of them get the same answer."""

    def __init__(self) -> None:
        super().__init__(404, _NOT_FOUND)


def to_json(value: Any) -> str:
    """Compact JSON of *value*; a number that JSON lacks becomes the string ``nan``, ``inf`` or ``-inf``."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    except ValueError:
        return json.dumps(_without_nan(value), allow_nan=False, separators=(",", ":"), ensure_ascii=True)


def json_response(value: Any) -> web.Response:
    """Answer with *value* as JSON."""
    return json_text(to_json(value))


def json_text(text: str) -> web.Response:
    """Answer with JSON that is made already."""
    return web.Response(text=text, content_type="application/json")


def refusal(status: int, reason: str = _NOT_FOUND, headers: Mapping[str, str] | None = None) -> web.Response:
    """The error shape."""
    text = to_json({"error": reason, "status": status})
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


def cut_name(name: str) -> str:
    """*name*, at most `NAME_LIMIT` characters of it, and without what UTF-8 cannot carry."""
    shown = name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"
    return shown.encode("utf-8", "replace").decode()


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sort ``layer2`` before ``layer10``."""
    parts = _NUMBER.split(name[:NAME_LIMIT])
    return [(0, int(part)) if index % 2 else (1, part) for index, part in enumerate(parts)]


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
    """The bytes of *column* as a browser's Float64Array reads them."""
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
