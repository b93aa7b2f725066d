"""The plain part of a result, small enough to be recorded next to it, so that its pickle need not be opened to show it.

Owns the spelling and the limits. Imports nothing: it runs in the process of each run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LIMIT_BYTES = 16 << 10
INDEX_LIMIT_BYTES = 512
_INDEX_TEXT = 80
_DEEPEST = 20
_NUMBER_BYTES = 24
_OF_PYTHON = frozenset({"str", "bytes", "bytearray", "int", "float", "complex", "bool", "NoneType"})
_MARK_BYTES = 16


def summarise(value: Any) -> Any:
    """Return the plain part of *value* as JSON can hold it, at most `LIMIT_BYTES` of it.

    Numbers, strings, booleans, None, and dicts, lists and tuples of them are kept. What JSON lacks is spelled as in
    ``config.json``: ``{"$tuple": […]}``, ``{"$float": "nan"}``. An array is ``{"$array": "float32[3, 4]"}``, anything
    else ``{"$type": "module.Class"}``; what is over the limit is ``{"$cut": "list[1000]"}``.

    Example:
        >>> summarise({"accuracy": 0.5, "pair": (1, float("inf")), "seen": {1}})
        {'accuracy': 0.5, 'pair': {'$tuple': [1, {'$float': 'inf'}]}, 'seen': {'$type': 'builtins.set'}}
    """
    return _Summary().part(value, 0)


def restore(summary: Any) -> Any:
    """Return a value that looks like the one that was summarised, with its tuples and special floats.

    Example:
        >>> restore({"pair": {"$tuple": [1, {"$float": "inf"}]}, "net": {"$type": "lab.Net"}})
        {'pair': (1, inf), 'net': <lab.Net>}
    """
    if isinstance(summary, list):
        return [restore(part) for part in summary]
    if not isinstance(summary, dict):
        return summary
    if len(summary) == 1:
        ((key, inner),) = summary.items()
        if key == "$tuple":
            return tuple(restore(part) for part in inner)
        if key == "$float":
            return float(inner)
        if key in _MARKS:
            return Mark(_MARKS[key].format(inner))
    return {key.removeprefix("$") if key.startswith("$$") else key: restore(part) for key, part in summary.items()}


def is_whole(summary: Any) -> bool:
    """Return whether *summary* leaves nothing out, so that `restore` returns the value itself."""
    if isinstance(summary, list):
        return all(map(is_whole, summary))
    if isinstance(summary, dict):
        return not (len(summary) == 1 and next(iter(summary)) in _MARKS) and all(map(is_whole, summary.values()))
    return True


def names_types(summary: Any) -> bool:
    """Return whether a class or function has to be imported to read the value.

    Example:
        >>> names_types({"net": {"$type": "lab.Net"}}), names_types({"raw": {"$type": "builtins.bytes"}})
        (True, False)
    """
    if isinstance(summary, list):
        return any(map(names_types, summary))
    if isinstance(summary, dict):
        return any(
            not _is_of_python(inner) if key in ("$type", "$cut") else key == "$more" or names_types(inner)
            for key, inner in summary.items()
        )
    return False


def _is_of_python(mark: str) -> bool:
    """Return whether a mark is that of a value which Python itself makes, and which holds no others."""
    return mark.removeprefix("builtins.").partition("[")[0] in _OF_PYTHON


def index_part(summary: Any) -> dict[str, Any] | None:
    """Return the numbers, booleans and short strings at the top of *summary*, as much as an index line takes."""
    if not isinstance(summary, dict):
        return None
    found: dict[str, Any] = {}
    left = INDEX_LIMIT_BYTES
    for key, value in summary.items():
        if isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= _INDEX_TEXT):
            left -= len(key) + len(str(value)) + 6
            if left < 0:
                break
            found[key] = value
    return found or None


class Mark:
    """A placeholder of a part that a summary does not hold; shows what it was."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


_MARKS = {"$array": "{}", "$type": "<{}>", "$cut": "<{} …>"}


class _Summary:
    """One summary in the making, and how much it may still hold."""

    def __init__(self) -> None:
        self._left = LIMIT_BYTES

    def part(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value)
        if value is None or kind in (bool, int, float):
            return self._number(value)
        if depth < _DEEPEST and kind in (list, tuple) and self._takes(_MARK_BYTES):
            items = self._items(value, depth)
            return items if kind is list else {"$tuple": items}
        if depth < _DEEPEST and isinstance(value, dict) and self._takes(_MARK_BYTES):
            return self._dict(value, depth)
        return self._mark(value)

    def _takes(self, size: int) -> bool:
        self._left -= size
        return self._left >= 0

    def _text(self, value: str) -> Any:
        # At most six bytes a character in ASCII.
        if self._takes(6 * len(value) if not value.isascii() else len(value) + 2):
            return value
        return {"$cut": f"str[{len(value)}]"}

    def _number(self, value: Any) -> Any:
        if type(value) is int and value.bit_length() > LIMIT_BYTES:
            return {"$cut": f"int[{value.bit_length()} bits]"}
        if not self._takes(_NUMBER_BYTES):
            return {"$cut": type(value).__name__}
        if type(value) is float and (value != value or value in (float("inf"), -float("inf"))):  # noqa: PLR0124 — NaN
            return {"$float": repr(value)}
        return value

    def _items(self, values: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        found = []
        for at, value in enumerate(values):
            if self._left <= 0:
                found.append({"$cut": f"{type(values).__name__}[{len(values) - at}]"})
                break
            found.append(self.part(value, depth + 1))
        return found

    def _dict(self, values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        pairs: Iterable[tuple[Any, Any]] = values.items()
        for key, value in pairs:
            name = key if isinstance(key, str) else repr(key)
            if not self._takes(6 * len(name) + 4):
                found["$more"] = len(values) - len(found)
                break
            found[f"${name}" if name.startswith("$") else name] = self.part(value, depth + 1)
        return found

    def _mark(self, value: Any) -> Any:
        kind = type(value)
        mark = {"$type": f"{kind.__module__}.{kind.__qualname__}"[:200]}
        try:
            if hasattr(value, "shape") and hasattr(value, "dtype"):
                scalar = value.item() if value.shape == () and hasattr(value, "item") else None
                if type(scalar) in (bool, int, float, str):
                    return self.part(scalar, _DEEPEST)
                mark = {"$array": f"{value.dtype}{list(value.shape)}"[:200]}
        except Exception:  # a user's attribute may raise anything; the type is still known
            self._takes(_MARK_BYTES)
        (text,) = mark.values()
        return mark if self._takes(len(text) + _MARK_BYTES) else {"$cut": ""}
