"""Configs as JSON that reads back to the same values and types. Owns the tags and the hash; knows no files.

Values that JSON lacks are objects of one key: ``{"$path": "a/b"}``, ``{"$tuple": […]}``, ``{"$set": […]}``,
``{"$float": "nan"}``, ``{"$int": "0x…"}`` for integers too long to read in decimal. A key that itself begins with
``$`` is written with a second one.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp._cpython import json_encoder, quote_ascii, quote_unicode, short_sha256
from pyexp.config.config import Config
from pyexp.errors import ConfigValueTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

HASH_LENGTH = 12
_UNHASHED = ("name", "out")
_DECIMAL_BITS = 10_000  # Python refuses to read or write decimals of more than 4,300 digits
_LARGE = 1 << (_DECIMAL_BITS - 1)
_LONG = 64
_SHORT_BYTES = 1 << 10
_NESTED = frozenset({dict, list})
_NEVER_TAGGED = frozenset({str, bool, type(None)})
_canonical = json_encoder((",", ":"), sort_keys=True)
_encode_line = json_encoder((", ", ": "))


def encode_config(config: Mapping[str, Any]) -> bytes:
    """Return *config* as indented JSON in UTF-8, keys in their order.

    Example:
        >>> print(encode_config({"lr": 0.1, "data": Path("a/b")}).decode())
        {
          "lr": 0.1,
          "data": {
            "$path": "a/b"
          }
        }
        <BLANKLINE>

    Raises:
        ConfigValueTypeError: A value is of a type that configs cannot hold.
    """
    tagged = _tag(config)
    try:
        return (_indented(tagged, quote_unicode) + "\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair, as in file names that are not UTF-8: escapes keep it
        return (_indented(tagged, quote_ascii) + "\n").encode()


def encode_line(config: Mapping[str, Any]) -> bytes:
    """Return *config* as JSON on one line, keys in their order; several times faster than `encode_config`.

    Example:
        >>> encode_line({"lr": 0.1, "data": Path("a/b")})
        b'{"lr": 0.1, "data": {"$path": "a/b"}}'

    Raises:
        ConfigValueTypeError: A value is of a type that configs cannot hold.
    """
    return _encode_line(_tag(config)).encode()


def decode_config(data: bytes | str) -> Config:
    """Return the config that `encode_config` made *data* from.

    Example:
        >>> decode_config(b'{"shape": {"$tuple": [1, 2]}}').shape
        (1, 2)

    Raises:
        ValueError: *data* is not such JSON.
    """
    try:
        values = json.loads(data, object_hook=_untag)
    except RecursionError:
        raise ValueError("config JSON nests too deep to be one that pyexp wrote") from None
    if type(values) is not dict:
        raise ValueError(f"config JSON holds a {type(values).__name__}, not an object")
    return Config(values)


def canonical_json(config: Mapping[str, Any]) -> str:
    """Return what the identity of *config* depends on: its values without ``name`` and ``out``, in one spelling.

    Example:
        >>> canonical_json({"name": "a", "b": {1}, "a": 1.0})
        '{"a":1.0,"b":{"$set":[1]}}'

    Raises:
        ConfigValueTypeError: A value is of a type that configs cannot hold.
    """
    return _canonical(_tag({key: value for key, value in config.items() if key not in _UNHASHED}))


def config_hash(config: Mapping[str, Any]) -> str:
    """Return the first 12 hex digits of the SHA-256 of `canonical_json`.

    Example:
        >>> config_hash({"lr": 0.1, "name": "a"}) == config_hash({"lr": 0.1})
        True
        >>> config_hash({"lr": 1}) == config_hash({"lr": 1.0})
        False
    """
    return _sha256(canonical_json(config).encode("ascii"))[:HASH_LENGTH]


def _sha256(data: bytes) -> str:
    if len(data) <= _SHORT_BYTES:
        digest: str = short_sha256(data).hexdigest()
        return digest
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _indented(value: Any, quote: Callable[[str], str], end: str = "\n") -> str:
    """Return what `json.dumps` with an indent of 2 makes of *value*, by its fast encoder, which knows no indent.

    Args:
        value: The value.
        quote: Spells strings.
        end: The line break before the bracket that closes *value*.
    """
    if type(value) is str:
        return quote(value)
    if type(value) not in _NESTED or not value:
        return _encoder(", ", quote)(value)
    line = f"{end}  "
    parts = value.values() if type(value) is dict else value
    if _NESTED.isdisjoint(map(type, parts)):  # there may be many, and each separator stands between two of them
        text = _encoder(f",{line}", quote)(value)
        return f"{text[0]}{line}{text[1:-1]}{end}{text[-1]}"
    if type(value) is list:
        return f"[{line}{f',{line}'.join([_indented(part, quote, line) for part in value])}{end}]"
    items = [f"{quote(key)}: {_indented(part, quote, line)}" for key, part in value.items()]
    return f"{{{line}{f',{line}'.join(items)}{end}}}"


@cache
def _encoder(separator: str, quote: Callable[[str], str]) -> Callable[[Any], str]:
    """Return what encodes values with *separator* between any two; there are as many as levels of indent."""
    return json_encoder((separator, ": "), quote)


def _tag(value: Any) -> Any:
    tag = _TAGGERS.get(type(value))
    if tag is not None:
        return tag(value)
    if isinstance(value, dict):
        return _tag_dict(value)
    if isinstance(value, Path):
        return {"$path": value.as_posix()}
    raise ConfigValueTypeError(f"config value {value!r} ({type(value).__name__}) has no form in JSON")


def _tag_dict(values: dict[str, Any]) -> dict[str, Any]:
    return {f"${key}" if key[:1] == "$" else key: _tag(value) for key, value in values.items()}


def _tag_items(items: Collection[Any]) -> list[Any]:
    """Return *items* tagged; a long list of numbers or words is not looked at one by one."""
    return list(items) if len(items) >= _LONG and _are_plain(items) else [_tag(item) for item in items]


def _are_plain(items: Collection[Any]) -> bool:
    """Return whether *items* are known, by their common type, to need no tags."""
    kinds = set(map(type, items))
    if kinds == {float}:
        return all(map(math.isfinite, items))
    if kinds == {int}:
        return bool(min(items) > -_LARGE and max(items) < _LARGE)
    return kinds <= _NEVER_TAGGED


_TAGGERS: dict[type, Callable[[Any], Any]] = {
    str: str,
    bool: bool,
    type(None): lambda value: value,
    int: lambda value: value if value.bit_length() < _DECIMAL_BITS else {"$int": hex(value)},
    float: lambda value: value if math.isfinite(value) else {"$float": repr(value)},
    Config: _tag_dict,
    list: _tag_items,
    tuple: lambda items: {"$tuple": _tag_items(items)},
    set: lambda items: {"$set": sorted(map(_tag, items), key=_canonical)},
}


def _untag(values: dict[str, Any]) -> Any:
    """Undo `_tag` for one object, whose values are undone already."""
    if not any(key[:1] == "$" for key in values):
        return values
    if len(values) == 1:
        ((key, value),) = values.items()
        if key[:2] != "$$":
            return _parse_tag(key, value)
    if strange := [key for key in values if key[:1] == "$" and key[:2] != "$$"]:
        raise ValueError(f"config JSON has the tag {strange[0]!r} next to other keys")
    return {key[1:] if key[:1] == "$" else key: value for key, value in values.items()}


def _parse_tag(tag: str, value: Any) -> Any:
    kind, parse = _TAGS.get(tag, (None, None))
    if kind is None or parse is None:
        raise ValueError(f"config JSON has the unknown tag {tag!r}: was it written by a newer version?")
    try:
        if type(value) is kind:
            return parse(value)
    except TypeError as error:
        raise ValueError(f"config JSON has a {tag!r} of values that it cannot hold: {error}") from error
    raise ValueError(f"config JSON has the tag {tag!r} with {value!r}, not a {kind.__name__}")


_TAGS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "$path": (str, Path),
    "$tuple": (list, tuple),
    "$set": (list, set),
    "$float": (str, float),
    "$int": (str, lambda digits: int(digits, 16)),
}
