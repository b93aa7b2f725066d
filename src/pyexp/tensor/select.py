"""Which items a name or a query means. Owns key paths and matching; knows no shapes and no files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pyexp._garbage import uncollected
from pyexp.config.suggestion import nearest
from pyexp.config.values import is_same
from pyexp.errors import DamagedFileError, SelectionError

MISSING: Final = object()
"""What `look_up` returns where an item has no such key."""

_WILD = frozenset("*?[")
_CONFIG_PREFIXES = ("config", "cfg")
_RESULT_KEYS = ("name", "status", "error", "duration", "result")


def name_of(item: Any) -> str | None:
    """Return the name of a config or a result, None without one.

    Example:
        >>> name_of({"name": "fast"})
        'fast'
    """
    name = item.get("name") if isinstance(item, Mapping) else getattr(item, "name", None)
    return name if isinstance(name, str) else None


def by_name(items: Sequence[Any], pattern: str) -> int | list[int]:
    """Return the position of the item named *pattern*, else the positions of those that the glob *pattern* matches.

    Example:
        >>> by_name([{"name": "a1"}, {"name": "a2"}], "a2"), by_name([{"name": "a1"}, {"name": "a2"}], "a*")
        (1, [0, 1])

    Raises:
        SelectionError: Several items have the name, or none has and it is not a glob.
    """
    names = [name_of(item) for item in items]
    exact = [position for position, name in enumerate(names) if name == pattern]
    if len(exact) > 1:
        raise SelectionError(f"{len(exact)} items are named {pattern!r}, at {exact[:8]}: select by position or value")
    if exact:
        return exact[0]
    if _WILD.isdisjoint(pattern):
        raise SelectionError(f"no item is named {pattern!r}: {nearest(pattern, names)}")
    from fnmatch import fnmatchcase

    return [position for position, name in enumerate(names) if name is not None and fnmatchcase(name, pattern)]


def by_query(items: Sequence[Any], query: Mapping[str, Any]) -> list[int]:
    """Return the positions of the items that have every value of *query*.

    A mapping as value compares the keys that it has. An item whose config cannot be read never matches; one warning
    says how many there are.

    Example:
        >>> by_query([{"lr": 0.1}, {"lr": 0.2}], {"lr": lambda lr: lr > 0.15})
        [1]
        >>> by_query([{"mlp": {"width": 32, "depth": 2}}, {"mlp": {"width": 64}}], {"mlp": {"width": 32}})
        [0]

    Raises:
        SelectionError: No item has one of the keys.
    """
    taken = list(range(len(items)))
    damaged: dict[int, DamagedFileError] = {}
    for key, wanted in _flattened(query):
        found = _look_up_all(items, key, damaged)
        if items and not damaged and all(value is MISSING for value in found):
            known = known_keys(items[0])
            if str(key).partition(".")[0] not in _CONFIG_PREFIXES:
                known = [path.removeprefix("config.") for path in known]
            below = [path for path in known if path.endswith(f".{key}")]
            raise SelectionError(f"query key {key!r} is in no item: {nearest(str(key), below or known)}")
        taken = [position for position in taken if found[position] is not MISSING and fits(found[position], wanted)]
    if damaged:
        reason = next(iter(damaged.values()))
        warnings.warn(f"{len(damaged)} items are left out of the query, the first because: {reason}", stacklevel=4)
    return taken


def _flattened(query: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Return the query with nested mappings as dotted keys."""
    flat: list[tuple[Any, Any]] = []
    for key, wanted in query.items():
        if isinstance(wanted, Mapping) and wanted and all(isinstance(inner, str) for inner in wanted):
            flat += [(f"{key}.{inner}", value) for inner, value in _flattened(wanted)]
        else:
            flat.append((key, wanted))
    return flat


@uncollected()
def _look_up_all(items: Sequence[Any], key: str, damaged: dict[int, DamagedFileError]) -> list[Any]:
    """Look *key* up in all items; those that cannot be read join *damaged*."""
    found = []
    for position, item in enumerate(items):
        try:
            found.append(look_up(item, key))
        except DamagedFileError as error:
            found.append(MISSING)
            damaged[position] = error
    return found


def fits(value: Any, wanted: Any) -> bool:
    """Tell whether *value* is the *wanted* one, or one that the function *wanted* takes.

    Example:
        >>> fits(1, 1.0), fits(3, lambda value: value > 5)
        (True, False)
    """
    if isinstance(wanted, Callable):  # type: ignore[arg-type]
        return bool(wanted(value))
    return is_same(value, wanted)


def look_up(item: Any, key: str) -> Any:
    """Return the value under the dotted *key*, or `MISSING`.

    In a mapping the key is a path of keys. In a result its first part is ``config`` (or ``cfg``) or an attribute, the
    rest a path of keys or attributes below that; a first part that is not an attribute is looked for in the config.

    Example:
        >>> look_up({"model": {"width": 64}}, "model.width")
        64

    Raises:
        DamagedFileError: The item's config cannot be read.
    """
    if not isinstance(key, str):
        raise SelectionError(f"query key {key!r} is not a string: write it like 'config.model.width'")
    value = look_up_own(item, key)
    if (
        value is MISSING
        and not isinstance(item, Mapping)
        and not hasattr(type(item), key.partition(".")[0])
        and hasattr(item, "config")
    ):
        return _walk(item.config, key)
    return value


def look_up_own(item: Any, key: str) -> Any:
    """Return what `look_up` returns, without looking for a bare key in the config of a result.

    Example:
        >>> look_up_own({"lr": 0.1}, "lr")
        0.1

    Raises:
        DamagedFileError: The item's config cannot be read.
    """
    if isinstance(item, Mapping):
        return _walk(item, key)
    first, _, rest = key.partition(".")
    if first in _CONFIG_PREFIXES and (config := getattr(item, "config", MISSING)) is not MISSING:
        return _walk(config, rest) if rest else config
    return _walk(item, key)


def _walk(holder: Any, path: str) -> Any:
    """Follow *path*; a key that itself contains dots is found as a whole."""
    while True:
        is_mapping = isinstance(holder, Mapping)
        if is_mapping and path in holder:
            return holder[path]
        part, _, path = path.partition(".")
        if is_mapping:
            holder = holder.get(part, MISSING)
        elif part.isidentifier() and not part.startswith("_"):
            holder = getattr(holder, part, MISSING)
        else:
            return MISSING
        if holder is MISSING or not path:
            return holder


def no_attribute(name: str, items: Sequence[Any], known: Sequence[str]) -> str:
    """Return the message that a tensor has no attribute *name*, and how to get it from its *items* if they have it.

    Example:
        >>> no_attribute("lr", [{"lr": 0.1}], [])
        "a Tensor has no attribute 'lr', its items have: write .item().lr, or [item.lr for item in tensor]"
    """
    first = items[0] if items else None
    if hasattr(type(first), name) or (isinstance(first, Mapping) and name in first):
        one = f".item().{name}" if len(items) == 1 else f".item().{name} where only one of these {len(items)} is left"
        return f"a Tensor has no attribute {name!r}, its items have: write {one}, or [item.{name} for item in tensor]"
    return f"a Tensor has no attribute {name!r}: {nearest(name, [word for word in known if word[:1] != '_'])}"


def known_keys(item: Any) -> list[str]:
    """Return the keys that can be asked of *item*, dotted.

    Example:
        >>> known_keys({"lr": 0.1, "model": {"width": 64}})
        ['lr', 'model', 'model.width']
    """
    if isinstance(item, Mapping):
        return _dotted(item, "")
    result = getattr(item, "result", None)
    below = _dotted(result, "result.") if isinstance(result, Mapping) else []
    return [*_dotted(getattr(item, "config", {}), "config."), *_RESULT_KEYS, *below]


def _dotted(mapping: Mapping[str, Any], prefix: str) -> list[str]:
    keys = []
    for key, value in mapping.items():
        keys.append(f"{prefix}{key}")
        if isinstance(value, Mapping):
            keys += _dotted(value, f"{prefix}{key}.")
    return keys
