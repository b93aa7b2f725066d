"""Values for configs written as ``key=value``. Owns what such a text means and which keys it may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyexp.config.merge import DEEP, merge
from pyexp.config.suggestion import nearest
from pyexp.config.yaml_scalars import parse_scalar
from pyexp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyexp.config.config import Config

ADDED = "+"
"""The prefix of a key that no config has yet."""

_YAML = ("[", "{", '"', "'", "!!")
_RESERVED = ("out",)


def parse_value(text: str) -> Any:
    """Return the value that *text* means, as in a config file.

    Lists, dicts, quotes and tags are read as YAML; anything else is a number, a boolean, null or text as a whole, so
    that ``#``, ``:`` and ``*`` need no quotes.

    Example:
        >>> [parse_value(text) for text in ("1e-3", "[1, 2]", "{width: 8}", "true", "null", "#ff0000", "'1'")]
        [0.001, [1, 2], {'width': 8}, True, None, '#ff0000', '1']

    Raises:
        ConfigError: It is not valid YAML, or a number that a float cannot hold.
    """
    stripped = text.strip()
    try:
        if not stripped.startswith(_YAML):
            return parse_scalar(stripped, None, is_plain=True)
        from pyexp.config.yaml_reader import YamlProblem, read_yaml
    except ValueError as error:
        raise ConfigError(f"value {text!r:.80} cannot be read: {error}") from error
    try:
        return read_yaml(stripped).value
    except YamlProblem as problem:
        raise ConfigError(f"value {text!r:.80} cannot be read as YAML{problem}: quote it if it is text") from problem


def parse_overrides(overrides: Mapping[str, Any] | Iterable[str]) -> dict[str, Any]:
    """Return values by key, of ``key=value`` texts or of a mapping, which is taken as it is.

    Example:
        >>> parse_overrides(["optim.lr=1e-3", "+note=first try"])
        {'optim.lr': 0.001, '+note': 'first try'}

    Raises:
        ConfigError: A text is not ``key=value``, or its value cannot be read.
    """
    if isinstance(overrides, Mapping):
        return dict(overrides)
    if isinstance(overrides, str):
        raise ConfigError(f"overrides are the text {overrides!r}: give a list of 'key=value' texts, or a dict")
    values: dict[str, Any] = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"override {text!r} is not understood: write it like 'model.width=64'")
        try:
            values[key.strip()] = parse_value(value)
        except ConfigError as error:
            raise ConfigError(f"override {text!r:.80}: {error}") from error
    return values


def override(configs: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> list[Config]:
    """Return every config with *values* merged into it.

    Args:
        configs: The configs.
        values: Values by key, dotted keys and ``**`` as in `merge`; ``+`` before a key that no config has.

    Example:
        >>> override([{"optim": {"lr": 0.1}}], {"optim.lr": 0.2, "+seed": 0})
        [Config({'optim': Config({'lr': 0.2}), 'seed': 0})]

    Raises:
        ConfigError: No config has a key, the key is reserved, or a value cannot be merged.
    """
    update = {_known(key, configs): value for key, value in values.items()}
    return [merge(config, update) for config in configs]


def _known(key: str, configs: Sequence[Mapping[str, Any]]) -> str:
    """Return the key as `merge` takes it, after checking that it exists or is meant to be new."""
    if not isinstance(key, str):
        raise ConfigError(f"override key {key!r} ({type(key).__name__}) is not a string: write it like 'model.width'")
    if any(key.removeprefix(DEEP) in config for config in configs):
        return key
    plain = key.removeprefix(ADDED)
    path = plain.removeprefix(DEEP)
    if path.partition(".")[0] in _RESERVED:
        raise ConfigError(f"override key {path!r} is reserved for the folder of the run: choose another")
    if plain == key and not any(_has(config, path) for config in configs):
        known = dict.fromkeys(found for config in configs for found in _paths(config, ""))
        raise ConfigError(f"no config has the key {path!r}: {nearest(path, known)}; {ADDED + plain!r} adds it")
    return plain


def _has(config: Any, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(config, Mapping) or part not in config:
            return False
        config = config[part]
    return True


def _paths(config: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in config.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")
