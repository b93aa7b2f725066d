"""Short names for values: what an unnamed variation is called. Refuses to know which characters a folder may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST = 60
_DEEPEST = 3
_DECIMAL_BITS = 64


def label_of(values: Mapping[str, Any], position: int) -> str:
    """Name the variation that sets *values*; one too long to read is named by its *position*.

    Example:
        >>> label_of({"learning_rate": 0.1}, 0), label_of({"layers": [64, 32], "act": "relu"}, 0)
        ('learning_rate=0.1', 'layers=[64,32],act=relu')
        >>> label_of({}, 3), label_of({"text": "x" * 100}, 3)
        ('default', 'text#3')
    """
    if not values:
        return "default"
    label = ",".join(f"{_key(key)}={_text(value)}" for key, value in values.items())
    return label if len(label) <= _LONGEST else f"{_key(next(iter(values)))}#{position}"[-_LONGEST:]


def _key(key: Any) -> str:
    return str(key).removeprefix("**")


def _text(value: Any, depth: int = 0) -> str:
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={_text(item, depth + 1)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item, depth + 1) for item in value) + "]"
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)  # Python refuses to write decimals of more than 4,300 digits
    return str(value)
