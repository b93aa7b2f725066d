"""One line of the format: making it with its checksum at the end, checking and parsing it. Knows no files.

``"crc"`` is the CRC-32, as of zlib, of the bytes before ``, "crc": "``. Lines without one, of earlier versions and of
people, are taken as they are.
"""

from __future__ import annotations

import json
import math
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping, Sequence

    from pyexp.log.values.events import Item, Points

ATTEMPT_BEGIN: Final = b'{"attempt": '
BEGINS: Final = (ATTEMPT_BEGIN, b'{"it": ')  # of each line
_CRC_MARK = b', "crc": "'
_CRC_ENDS = (b'"}', b'"}\n')
_CRC_DIGITS = 8
_SEALED = b'%b, "crc": "%08x"}\n'
_LINES_AT_ONCE = 1000  # formatted in one go, during which no other thread runs
# Since 2004 seven decimals distinguish neighbouring times; finding the shortest that do takes four times as long.
_EXACT_FROM_S = float(1 << 30)
_LATEST_S = float(1 << 53)


def scalar_lines(points: Points) -> Iterator[bytes]:
    """Yield the lines of points of one tag, many at a time."""
    tag = json.dumps(points.tag, ensure_ascii=False).encode().replace(b"%", b"%%")
    for start in range(0, len(points.values), _LINES_AT_ONCE):
        part = slice(start, start + _LINES_AT_ONCE)
        value, values = _numbers(points.values[part])
        time, times = _times(points.times[part])
        fields: list[object] = [None] * (3 * len(values))
        fields[0::3], fields[1::3], fields[2::3] = points.iterations[part], values, times
        line = b'{"it": %%d, "tag": %b, "value": %b, "time": %b\n' % (tag, value, time)
        yield _sealed((line * len(values) % tuple(fields)).split(b"\n")[:-1])


def _numbers(numbers: array[float]) -> tuple[bytes, Sequence[object]]:
    """Return how to format these numbers, and what of them."""
    if math.isfinite(sum(numbers)):  # a sum that overflows costs nothing but time
        return b"%a", numbers
    return b"%b", [json.dumps(number).encode() for number in numbers]  # NaN and Infinity, as Python's json reads them


def _times(times: array[float]) -> tuple[bytes, Sequence[object]]:
    """Return what `_numbers` does, of times within ten seconds without the digits that they share."""
    tens = int(times[0] // 10) if _EXACT_FROM_S <= times[0] < _LATEST_S else 0
    begin = 10.0 * tens
    rests = [at - begin for at in times]
    if tens and math.isfinite(sum(rests)) and min(rests) >= 0 and max(rests) < 10:  # noqa: PLR2004 - one digit
        return b"%d%%.7f" % tens, rests
    return _numbers(times)


def text_line(item: Item, iteration: int) -> bytes:
    """Return the line of a text."""
    return json_line({"it": iteration, "tag": item.tag, "text": item.contents[0].data.decode(), "time": item.time})


def json_line(content: Mapping[str, Any]) -> bytes:
    """Return any other line."""
    return _sealed([json.dumps(content, ensure_ascii=False).encode()[:-1]])


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Return what a line says; None when it is damaged, or not a log's."""
    body, mark, crc = line.rpartition(_CRC_MARK)
    if mark and not _is_crc(crc, body):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _sealed(bodies: Sequence[bytes]) -> bytes:
    """Return whole lines of those that lack their end."""
    fields: list[object] = [None] * (2 * len(bodies))
    fields[0::2], fields[1::2] = bodies, map(zlib.crc32, bodies)
    return _SEALED * len(bodies) % tuple(fields)


def _is_crc(crc: bytes, body: bytes) -> bool:
    return crc[:_CRC_DIGITS] == b"%08x" % zlib.crc32(body) and crc[_CRC_DIGITS:] in _CRC_ENDS
