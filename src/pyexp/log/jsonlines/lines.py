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
    from collections.abc import Iterator, Mapping, Sequence

    from pyexp.log.values.events import Item, Points

ATTEMPT_BEGIN: Final = b'{"attempt": '
BEGINS: Final = (ATTEMPT_BEGIN, b'{"it": ')  # of each line
_CRC_MARK = b', "crc": "'
_CRC_ENDS = (b'"}', b'"}\n')
_CRC_DIGITS = 8
_SEALED = b'%b, "crc": "%08x"}\n'
_LINES_AT_ONCE = 1000  # formatted in one go, during which no other thread runs
# Since 2004 seven decimals distinguish neighbouring times; finding the shortest that do takes longer.
_EXACT_FROM_S = float(1 << 30)


def scalar_lines(points: Points) -> Iterator[bytes]:
    """Yield the lines of points of one tag, many at a time."""
    tag = json.dumps(points.tag, ensure_ascii=False).replace("%", "%%")
    value = "%r" if math.isfinite(sum(points.values)) else "%s"  # a sum that overflows costs nothing but time
    at = "%.7f" if min(points.times) >= _EXACT_FROM_S else "%r"
    line = f'{{"it": %d, "tag": {tag}, "value": {value}, "time": {at}\n'
    for begin in range(0, len(points.values), _LINES_AT_ONCE):
        part = slice(begin, begin + _LINES_AT_ONCE)
        values: Sequence[object] = points.values[part]
        if value == "%s":
            values = [*map(json.dumps, values)]  # NaN and Infinity, as Python's json reads them
        fields: list[object] = [None] * (3 * len(values))
        fields[0::3], fields[1::3], fields[2::3] = points.iterations[part], values, points.times[part]
        yield _sealed((line * len(values) % tuple(fields)).encode().split(b"\n")[:-1])


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
