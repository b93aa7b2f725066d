"""Keys that a sweep adds to its configs. Owns the ``+`` that marks a new key, and the refusal of likely typos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyexp.config.merge import DEEP
from pyexp.errors import ConfigError
from pyexp.sweeps.typos import near_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEANT = "+"
"""The prefix of a key that is new on purpose."""


def without_marks(change: Mapping[str, Any], configs: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], set[str]]:
    """Return *change* without the ``+`` before its keys, and the keys that had one.

    A key that is in a config exactly so, plus included, has no mark.

    Example:
        >>> without_marks({"+width": 8, "lr": 1}, [{"lr": 2}])
        ({'width': 8, 'lr': 1}, {'width'})
    """
    marked = {
        key
        for key in change
        if isinstance(key, str) and key.startswith(MEANT) and not any(key in config for config in configs)
    }
    meant = {key.removeprefix(MEANT) for key in marked}
    return {key.removeprefix(MEANT) if key in marked else key: value for key, value in change.items()}, meant


def refuse_slips(changes: Iterable[Mapping[str, Any]], meant: set[str], configs: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a key that no config has and that is near one that they have.

    Raises:
        ConfigError: There is one; the message names both, and how to say that it is meant.
    """
    checked: set[str] = set()
    for change in changes:
        for key, value in change.items():
            if key in meant or not isinstance(key, str):
                continue
            for path in _leaves(key, value):
                if path not in checked:
                    checked.add(path)
                    _refuse_slip(path, key, configs)


def _leaves(key: str, value: Any) -> Iterator[str]:
    """Yield the dotted paths that a key sets: itself, and those below ``**``."""
    if not key.startswith(DEEP):
        yield key
    elif isinstance(value, Mapping):
        for inner in value:
            if isinstance(inner, str):
                yield from (f"{key.removeprefix(DEEP)}.{path}" for path in _leaves(inner, value[inner]))


def _refuse_slip(path: str, key: str, configs: Sequence[Mapping[str, Any]]) -> None:
    if any(path in config for config in configs):
        return
    parent, _, leaf = path.rpartition(".")
    known = dict.fromkeys(sibling for config in configs for sibling in _keys_at(config, parent))
    if leaf not in known and (near := near_key(leaf, known)) is not None:
        above = f"{parent}." if parent else ""
        raise ConfigError(
            f"sweep: key {path!r} is new, and near {above + near!r}, which the configs have: "
            f"write {above + near!r}, or {MEANT + key!r} if it is meant"
        )


def _keys_at(config: Mapping[str, Any], parent: str) -> Iterable[str]:
    """Return the keys of the mapping at the dotted path *parent*; none where there is no mapping."""
    holder: Any = config
    for part in parent.split(".") if parent else ():
        holder = holder.get(part) if isinstance(holder, Mapping) else None
    return holder if isinstance(holder, Mapping) else ()
