"""Values as configs hold them. Owns the conversion of NumPy scalars, copies, and when two values are the same.

NumPy is recognised by its type's module: nothing here imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyexp.config.config import MAX_DEPTH, Config, too_deep
from pyexp.errors import ConfigError, ConfigValueTypeError

ALLOWED = "int, float, str, bool, None, Path, and dict, list, tuple and set of them"
"""What a config may hold, as error messages say it."""

_ATOMS = frozenset({str, int, float, bool, type(None)})


def from_numpy(value: Any) -> Any:
    """Return a NumPy scalar as a Python one, an array as lists; anything else as it is.

    Example:
        >>> from_numpy(0.1)
        0.1
    """
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def from_numpy_scalar(value: Any) -> Any:
    """Return a NumPy scalar as a Python one; anything else, arrays too, as it is.

    Example:
        >>> from_numpy_scalar("a")
        'a'
    """
    return from_numpy(value) if getattr(value, "shape", None) == () and not hasattr(value, "__setitem__") else value


def copy_value(value: Any, path: str, depth: int = 1) -> Any:
    """Return a copy that shares no mutable part with *value*; *path* names it in errors.

    Example:
        >>> layers = [{"width": 64}]
        >>> copy_value(layers, "layers")[0] is layers[0]
        False

    Raises:
        ConfigValueTypeError: The value, or one in it, cannot be copied.
        ConfigError: It nests too deep, or contains itself.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > MAX_DEPTH:
        raise ConfigError(too_deep(f"the value of {path.partition('.')[0].partition('[')[0]!r}"))
    if isinstance(value, (dict, Mapping)):  # dict first: the abstract class takes five times as long
        result = Config()
        for key, item in value.items():
            is_plain = type(item) in _ATOMS  # most are, and there may be ten thousand configs
            copied = item if is_plain else copy_value(item, f"{path}.{key}" if path else str(key), depth + 1)
            # Copied, so there is nothing left for the config to convert.
            dict.__setitem__(result, key, copied)
        return result
    if kind is list or kind is tuple:
        return kind([copy_value(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)])
    if kind is set:
        return set(value)
    return _copy_object(value, path)


def _copy_object(value: Any, path: str) -> Any:
    from copy import deepcopy

    try:
        return deepcopy(value)
    except Exception as error:  # whatever the object's own copying raises
        raise ConfigValueTypeError(
            f"config key {path!r} holds {value!r} ({type(value).__name__}), which cannot be copied: "
            f"configs hold {ALLOWED}"
        ) from error


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to a query.

    Numbers compare by value, NumPy's too; lists and tuples as sequences; True is not 1; nan is nan.

    Example:
        >>> is_same([1, 2], (1, 2.0)), is_same(True, 1)
        (True, False)
    """
    if type(one) is type(other) and type(one) in _ATOMS:
        return bool(one == other or (one != one and other != other))  # noqa: PLR0124  only nan is not itself
    one, other = from_numpy(one), from_numpy(other)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    try:
        return bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124  only nan is not itself
    except (TypeError, ValueError):  # arrays and similar: their == does not return a truth value
        return False
