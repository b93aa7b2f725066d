"""Answers about what is not a scalar: texts, figures, images, histograms, tables. Reads bytes; never opens a pickle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from pyexp.log import Entry
    from pyexp.viewer.data.event_logs import RunLog
    from pyexp.viewer.data.library import Library

PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
PICKLE: Final = "application/x-pickle"
PLOTLY: Final = "application/vnd.plotly+json"
_JSON: Final = "application/json"
_PICTURE_KINDS: Final = frozenset({"figures", "images"})
_TEXT_LIMIT: Final = 20_000
_ENTRY_LIMIT: Final = 2_000
_TEXTS_IN_ALL: Final = 2_000
_ENTRIES_IN_ALL: Final = 200_000
_ROW_LIMIT: Final = 1_000
_CELL_COLUMNS: Final = 200
_BIN_LIMIT: Final = 2_000
_JSON_LIMIT: Final = 64 << 20


def list_texts(
    library: Library, tag: int, runs: list[int], *, limit: int, before: int | None, step: int | None
) -> dict[str, Any]:
    """List each run's newest *limit* texts before index *before*, or its last one at or before *step*."""
    answer = []
    limit = max(1, min(limit, _TEXTS_IN_ALL // max(1, len(runs))))
    for run, log in library.logs_of(runs):
        entries = _entries(log, "texts", tag)
        if not entries:
            continue
        end = len(entries) if before is None else max(0, min(before, len(entries)))
        places = range(max(0, end - limit), end)
        if step is not None:
            fitting = [index for index, entry in enumerate(entries) if entry.iteration <= step]
            places = range(fitting[-1], fitting[-1] + 1) if fitting else range(0)
        texts = [_text_json(log, index, entries[index]) for index in places]
        answer.append({"run": run.id, "total": len(entries), "entries": texts})
    return {"runs": answer}


def read_text(log: RunLog, tag: int, index: int) -> bytes:
    """Read the whole text with this index."""
    return _part(log, pick(log, "texts", tag, index), "text/plain")


def list_entries(library: Library, kind: str, tag: int, runs: list[int]) -> dict[str, Any]:
    """List the entries of one kind of each run, without their contents."""
    describe = _picture_json if kind in _PICTURE_KINDS else _place_json
    answer = []
    limit = min(_ENTRY_LIMIT, max(10, _ENTRIES_IN_ALL // max(1, len(runs))))
    for run, log in library.logs_of(runs):
        entries = _entries(log, kind, tag)
        if entries:
            shown = [describe(index, entries[index]) for index in thin(len(entries), limit)]
            answer.append({"run": run.id, "total": len(entries), "entries": shown})
    return {"runs": answer}


def read_picture(log: RunLog, kind: str, tag: int, index: int) -> tuple[bytes, str]:
    """Read the picture's bytes and their media type."""
    entry = pick(log, kind, tag, index)
    for media_type in PICTURES:
        if entry.part(media_type) is not None:
            return _part(log, entry, media_type), media_type
    raise UnknownIdError


def read_plotly(log: RunLog, tag: int, index: int) -> bytes:
    """Read the JSON of a plotly figure as it was logged."""
    return _part(log, pick(log, "figures", tag, index), PLOTLY)


def list_histograms(log: RunLog, run: int, tag: int, limit: int) -> dict[str, Any]:
    """Read at most *limit* histograms, evenly spread over all."""
    entries = _entries(log, "histograms", tag)
    shown = []
    for index in thin(len(entries), limit):
        content = _load(log, entries[index])
        edges, counts = content.get("edges"), content.get("counts")
        if isinstance(edges, list) and isinstance(counts, list) and len(counts) <= _BIN_LIMIT:
            shown.append({**_place_json(index, entries[index]), "edges": edges, "counts": counts})
    return {"run": run, "total": len(entries), "entries": shown}


def read_table(log: RunLog, run: int, tag: int, index: int | None) -> dict[str, Any]:
    """Read the first rows of one table, and list where the other tables are."""
    entries = _entries(log, "tables", tag)
    if not entries:
        raise UnknownIdError
    place = len(entries) - 1 if index is None else index
    entry = pick(log, "tables", tag, place)
    content = _load(log, entry)
    columns, rows = content.get("columns"), content.get("rows")
    columns = columns[:_CELL_COLUMNS] if isinstance(columns, list) else []
    rows = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return {
        "run": run,
        "total": len(entries),
        "index": place,
        "step": entry.iteration,
        "time": entry.time,
        "columns": [cut_name(str(column)) for column in columns],
        "rows": [[_cell(cell) for cell in row[:_CELL_COLUMNS]] for row in rows[:_ROW_LIMIT]],
        "cut": len(rows) > _ROW_LIMIT,
        "length": len(rows),
        "entries": [{"index": i, "step": entries[i].iteration} for i in thin(len(entries), _ENTRY_LIMIT)],
    }


def list_checkpoints(log: RunLog) -> list[dict[str, Any]]:
    """List names, counts and sizes of a run's checkpoints."""
    found: dict[str, dict[str, Any]] = {}
    for entry in log.checkpoints():
        row = found.setdefault(entry.tag, {"name": cut_name(entry.tag), "entries": 0, "bytes": 0})
        row["entries"] += 1
        row["bytes"] += entry.size
    return list(found.values())[:_ENTRY_LIMIT]


def pick(log: RunLog, kind: str, tag: int, index: int) -> Entry:
    """Find the entry of this kind, tag and index.

    Raises:
        UnknownIdError: There is none.
    """
    entries = _entries(log, kind, tag)
    if not 0 <= index < len(entries):
        raise UnknownIdError
    return entries[index]


def count_entries(log: RunLog, kind: str, tag: int) -> int:
    """Count the entries of this kind and tag."""
    return len(_entries(log, kind, tag))


def thin(count: int, limit: int) -> list[int]:
    """Choose at most *limit* of the indices below *count*, evenly spread, the last one among them."""
    if count <= limit:
        return list(range(count))
    return sorted({round(place * (count - 1) / max(1, limit - 1)) for place in range(limit - 1)} | {count - 1})


def _entries(log: RunLog, kind: str, tag: int) -> list[Entry]:
    try:
        name = log.tag_name(tag)
        return log.entries(kind, name) if name is not None else []
    except (UnknownIdError, LogError):  # the folder went meanwhile: the catalogue will say so
        return []


def _part(log: RunLog, entry: Entry, media_type: str) -> bytes:
    try:
        data = log.read(entry, media_type)
    except LogError:
        data = None
    if data is None:
        raise UnknownIdError
    return data


def _text_json(log: RunLog, index: int, entry: Entry) -> dict[str, Any]:
    try:
        text = _part(log, entry, "text/plain").decode("utf-8", "replace")
    except UnknownIdError:
        text = ""
    return {
        **_place_json(index, entry),
        "text": text[:_TEXT_LIMIT],
        "cut": len(text) > _TEXT_LIMIT,
        "length": len(text),
    }


def _place_json(index: int, entry: Entry) -> dict[str, Any]:
    return {"index": index, "step": entry.iteration, "time": entry.time}


def _picture_json(index: int, entry: Entry) -> dict[str, Any]:
    is_plotly = entry.part(PLOTLY) is not None
    has_pickle = entry.part(PICKLE) is not None
    return {
        **_place_json(index, entry),
        "type": "plotly" if is_plotly else "matplotlib" if has_pickle else "image",
        "interactive": is_plotly or (has_pickle and entry.interactive),
        "preview": any(entry.part(media_type) is not None for media_type in PICTURES),
        "width": None,
        "height": None,
        "bytes": entry.size,
    }


def _load(log: RunLog, entry: Entry) -> dict[str, Any]:
    """Load the JSON object that an entry holds; an empty one when it holds something else."""
    part = entry.part(_JSON)
    if part is None or part.size > _JSON_LIMIT:
        return {}
    try:
        content = json.loads(_part(log, entry, _JSON))
    except (ValueError, RecursionError, UnknownIdError):
        return {}
    return content if isinstance(content, dict) else {}


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float)) else cut_name(str(value))
