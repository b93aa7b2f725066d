"""Keys of one mapping that set the same value: a dotted key, a ``**`` key, a mapping. Owns finding the pair.

In a file such keys are a mistake, like a key that occurs twice: which one is lost depends on their order.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pyexp.config.merge import DEEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Path = tuple[str, ...]


def find_clash(values: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return two keys of *values* that set the same value, and its dotted path; None without such keys.

    Example:
        >>> find_clash({"model.width": 3, "lr": 1, "model": {"depth": 2}})
        ('model', 'model.width', 'model')
        >>> find_clash({"model.width": 3, "**model": {"depth": 2}})
    """
    if not any("." in key or key.startswith(DEEP) for key in values):
        return None
    # Sorted, a path comes right before those that lead further down from it.
    paths = sorted(_assigned(values), key=lambda assigned: assigned[0])
    for (path, key), (other, other_key) in pairwise(paths):
        if other[: len(path)] == path:
            return key, other_key, ".".join(path)
    return None


def _assigned(values: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield each path that merging *values* sets, with the key of *values* that sets it."""
    for key, value in values.items():
        for path in _paths(key, value):
            yield path, key


def _paths(key: str, value: Any) -> Iterator[Path]:
    if not (key.startswith(DEEP) and isinstance(value, dict)):
        yield tuple(key.removeprefix(DEEP).split("."))
        return
    above = tuple(key.removeprefix(DEEP).split("."))
    for inner, item in value.items():
        for path in _paths(inner, item):
            yield above + path
