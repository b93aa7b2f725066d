"""One config laid over another. Owns dotted keys and the ``**`` prefix; knows no names, sweeps or files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyexp.config.config import Config
from pyexp.config.values import copy_value
from pyexp.errors import ConfigError, ConfigValueTypeError

DEEP = "**"
"""The prefix of a key whose dict is merged into the existing one instead of replacing it."""


def merge(base: Mapping[str, Any], update: Mapping[str, Any]) -> Config:
    """Return *base* with *update* laid over it; neither is changed or shared with the result.

    A dotted key (``"model.width"``) sets one value deep inside; mappings on its way that are missing or None are made.
    A dict replaces the one that was there, unless its key begins with ``**``: then its keys are set one by one, dotted
    keys allowed.

    Args:
        base: The values to start from.
        update: The values to set, in order.

    Example:
        >>> base = {"bsdf": {"type": "Diffuse", "roughness": 0.1}}
        >>> merge(base, {"**bsdf": {"type": "Test"}}).to_dict()
        {'bsdf': {'type': 'Test', 'roughness': 0.1}}
        >>> merge(base, {"bsdf.roughness": 0.2}).bsdf.roughness
        0.2

    Raises:
        ConfigError: A dotted key runs through a value that is not a mapping, or has an empty part.
        ConfigValueTypeError: *base* or *update*, or the value of a ``**`` key, is not a mapping.
    """
    for role, value in (("base", base), ("update", update)):
        if not isinstance(value, (dict, Mapping)):  # dict first: the abstract class takes five times as long
            raise ConfigValueTypeError(f"merge: {role} is {value!r} ({type(value).__name__}), not a mapping")
    result: Config = copy_value(base, "", 0)
    for key, value in update.items():
        _assign(result, key, value, key)
    return result


def _assign(target: Config, key: Any, value: Any, path: Any) -> None:
    if not isinstance(key, str):
        target[key] = copy_value(value, str(path))
    elif key.startswith(DEEP):
        _assign_each(target, key.removeprefix(DEEP), value, path)
    elif key in target or "." not in key:
        target[key] = copy_value(value, path)
    else:
        parent, _, last = key.rpartition(".")
        holder = _descend(target, parent.split("."), path)
        if not last:
            raise ConfigError(_empty_part(path))
        holder[last] = copy_value(value, path)


def _assign_each(target: Config, key: str, value: Any, path: str) -> None:
    if not isinstance(value, Mapping):
        raise ConfigValueTypeError(
            f"config key {path!r} holds {value!r} ({type(value).__name__}), not a mapping: "
            f"{DEEP} merges a dict, write {key!r} to replace the value"
        )
    holder = target[key] if isinstance(target.get(key), Config) else _descend(target, key.split("."), path)
    for name, item in value.items():
        _assign(holder, name, item, f"{path}.{name}")


def _descend(target: Config, parts: list[str], path: str) -> Config:
    """Walk down *parts*, making what is missing."""
    for place, part in enumerate(parts):
        if not part:
            raise ConfigError(_empty_part(path))
        if target.get(part) is None:
            target[part] = {}
        inner = target[part]
        if not isinstance(inner, Config):
            raise ConfigError(
                f"config key {path!r} runs through {'.'.join(parts[: place + 1])!r}, which is {inner!r} "
                f"({type(inner).__name__}), not a mapping: replace it by a mapping first"
            )
        target = inner
    return target


def _empty_part(path: str) -> str:
    return f"config key {path!r} has an empty part between its dots: write it like 'model.width'"
