"""What a config may hold. Owns the allowed types and the message for every other; knows no files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyexp.config.config import MAX_DEPTH, Config, too_deep
from pyexp.config.values import ALLOWED, from_numpy_scalar
from pyexp.errors import ConfigError, ConfigValueTypeError

_ATOMS = frozenset({str, int, float, bool, type(None), type(Path())})


def validate(config: Mapping[str, Any], label: str) -> Config:
    """Return a deep copy of *config* in which every value is of an allowed type; NumPy scalars become Python ones.

    Args:
        config: The values of one run.
        label: What errors call the config, for example ``config 'fast' (position 0)``.

    Example:
        >>> validate({"name": "fast", "layers": (64, 32)}, "config 'fast'")
        Config({'name': 'fast', 'layers': (64, 32)})
        >>> validate({"model": {"loss": print}}, "config 'fast'")
        Traceback (most recent call last):
            ...
        pyexp.errors.ConfigValueTypeError: config 'fast': key 'model.loss' holds <built-in function print> \
(builtin_function_or_method): configs hold int, float, str, bool, None, Path, and dict, list, tuple and set of them

    Raises:
        ConfigValueTypeError: A value is of another type, a key or the name is not a string.
        ConfigError: The reserved key ``out`` is set, or containers nest too deep or contain themselves.
    """
    if "out" in config:
        raise ConfigError(f"{label}: key 'out' is reserved for the folder of the run: rename it")
    name = config.get("name")
    if name is not None and not isinstance(name, str):
        raise ConfigValueTypeError(f"{label}: key 'name' holds {name!r} ({type(name).__name__}): names are strings")
    return validate_values(config, label)


def validate_values(values: Mapping[str, Any], label: str) -> Config:
    """Validate a mapping that is not a whole config, in which no key is reserved; see `validate`.

    Example:
        >>> validate_values({"out": [1, 2]}, "the axes")
        Config({'out': [1, 2]})

    Raises:
        ConfigValueTypeError: A value or a key is of another type than configs hold.
        ConfigError: Containers nest too deep or contain themselves.
    """
    checked: Config = _checked(values, label, "", 0)
    return checked


def _checked(value: Any, label: str, path: str, depth: int) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > MAX_DEPTH:
        raise ConfigError(too_deep(f"{label}: the value of {path.partition('.')[0].partition('[')[0]!r}"))
    if isinstance(value, (dict, Mapping)):  # dict first: the abstract class takes five times as long
        result = Config()
        for key, item in value.items():
            if type(key) is not str:
                raise ConfigValueTypeError(_bad_key(label, path, key))
            is_plain = type(item) in _ATOMS  # most are, and there may be ten thousand configs
            checked = item if is_plain else _checked(item, label, f"{path}.{key}" if path else key, depth + 1)
            # Checked means converted: `dict` spares a second walk.
            dict.__setitem__(result, key, checked)
        return result
    if kind is list or kind is tuple or kind is set:
        if _ATOMS.issuperset(map(type, value)):  # it may be long
            return kind(value)
        return kind([_checked(item, label, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)])
    scalar = from_numpy_scalar(value)
    if type(scalar) in _ATOMS:
        return scalar
    raise ConfigValueTypeError(f"{label}: key {path!r} holds {_brief(value)} ({kind.__name__}): configs hold {ALLOWED}")


def _bad_key(label: str, path: str, key: Any) -> str:
    where = f"{path!r} has the key" if path else "there is the key"
    return f"{label}: {where} {_brief(key)} ({type(key).__name__}): keys are strings, write {str(key)!r}"


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  the width of a line
