"""Times as people write them."""

from __future__ import annotations

import re

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "min": 60.0, "s": 1.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(d|h|min|m|s)\s*", re.IGNORECASE)


def parse_duration(text: str) -> float:
    """Return the seconds that *text* means: a number of them, or parts with units.

    Example:
        >>> [parse_duration(text) for text in ("90", "1.5", "90s", "15m", "1h30m", "2d", "1 h 30 min")]
        [90.0, 1.5, 90.0, 900.0, 5400.0, 172800.0, 5400.0]

    Raises:
        ValueError: It is not a time; the message says how to write one.
    """
    stripped = text.strip()
    try:
        return float(stripped)
    except ValueError:
        parts = _PART.findall(stripped)
    units = [unit.lower() for _, unit in parts]
    is_whole = bool(parts) and not _PART.sub("", stripped)
    if not is_whole or sorted(units, key=lambda unit: -_UNITS[unit]) != units or len(set(units)) != len(units):
        raise ValueError(f"{text!r} is not a time: write 90, 90s, 15m or 1h30m")
    return sum(float(number) * _UNITS[unit] for (number, _), unit in zip(parts, units, strict=True))
