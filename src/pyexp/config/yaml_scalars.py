"""Scalars of YAML 1.2's core schema. Owns what plain text means; knows no documents.

Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from typing import Any

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NONZERO = re.compile("[1-9]")
_PREFIX = "tag:yaml.org,2002:"
_KINDS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}


def parse_scalar(text: str, tag: str | None, *, is_plain: bool) -> Any:
    """Return the value of a scalar.

    Args:
        text: What is written, quotes and escapes undone.
        tag: The explicit tag in full, if there is one.
        is_plain: Whether the scalar is neither quoted nor tagged, so that its text decides what it is.

    Example:
        >>> [parse_scalar(text, None, is_plain=True) for text in ("1e-3", "0o17", "yes", "2024-01-02", "~")]
        [0.001, 15, 'yes', '2024-01-02', None]

    Raises:
        ValueError: The tag is refused, or does not fit the text.
    """
    if tag is None or tag == "!":
        return _resolve(text) if is_plain and tag is None else text
    kind = tag.removeprefix(_PREFIX)
    if kind == "str":
        return text
    if not tag.startswith(_PREFIX) or kind not in _KINDS:
        raise ValueError(f"tag {tag!r} is refused: config files hold plain data")
    value = _resolve(text)
    if type(value) not in _KINDS[kind]:
        raise ValueError(f"{text!r} is not of the type {kind}, as its tag says")
    return _parse_float(text) if kind == "float" and type(value) is int else value


def _resolve(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return _parse_int(text)
    if _FLOAT.fullmatch(text):
        return _parse_float(text)
    if special := _SPECIAL.fullmatch(text):
        return float(f"{special[1]}inf") if special[2] else float("nan")
    return text


def _parse_float(text: str) -> float:
    """Return the float of a finite number; refuse one that a float cannot hold, which would silently change."""
    try:
        value = float(text)
    except ValueError:  # the integers of the core schema that `float` does not read: 0o17, 0x1F
        return _as_float(_parse_int(text), text)
    if value in (float("inf"), float("-inf")) or (value == 0 and _NONZERO.search(text.lower().partition("e")[0])):
        raise ValueError(_unfit(text))
    return value


def _as_float(number: int, text: str) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise ValueError(_unfit(text)) from error


def _unfit(text: str) -> str:
    return f"number {text:.40} is beyond what a float can hold: quote it to keep its text, or write .inf or 0"


def _parse_int(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    try:
        return int(text[2:] if base != 10 else text, base)  # noqa: PLR2004  ten digits
    except ValueError as error:  # Python reads at most 4,300 decimal digits
        raise ValueError(f"integer of {len(text)} digits is too long: quote it, or write it in hexadecimal") from error
