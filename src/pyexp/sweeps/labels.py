"""Short names for values: what an unnamed variation is called. Does not know which characters a folder may have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyexp.tensor.select import MISSING, look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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


def shortener(changes: Iterable[Mapping[str, Any]], configs: Iterable[Mapping[str, Any]]) -> Callable[[str], str]:
    """Return a function that shortens a dotted key to its shortest end that no other key has.

    Args:
        changes: What is to be named.
        configs: What it is merged into; their keys count too.

    Example:
        >>> shorten = shortener([{"optim.lr": 1, "mlp.width": 8}], [{"sched": {"lr": 2}}])
        >>> shorten("optim.lr"), shorten("mlp.width"), shorten("seed")
        ('optim.lr', 'width', 'seed')
    """
    paths = {_key(key) for change in changes for key in change} | {
        path for config in configs for path in _paths(config, "")
    }
    ends = Counter(end for path in paths for end in _ends(path))

    def shorten(key: str) -> str:
        return next((end for end in _ends(_key(key)) if ends[end] == 1), key)

    return shorten


def relabel(name: str, key: str, earlier: Any, value: Any) -> str | None:
    """Return *name* with the label of *key* following its value; None where it has none.

    Example:
        >>> relabel("exp_lr=0.1_seed=0", "optim.lr", 0.1, 0.5)
        'exp_lr=0.5_seed=0'
        >>> relabel("baseline", "lr", 0.1, 0.5)
    """
    for end in _ends(key):
        label = re.escape(f"{end}={_text(earlier)}")
        text = f"{end}={_text(value)}".replace("\\", r"\\")
        changed, count = re.subn(rf"(?<![^_,]){label}(?![^_,])", text, name)
        if count:
            return changed
    return None


def is_made_of_labels(name: str, config: Mapping[str, Any]) -> bool:
    """Return whether *name* states values of *config* and nothing else, as `sweep` makes names.

    Example:
        >>> is_made_of_labels("lr=0.1_mlp.width=8", {"lr": 0.1, "mlp": {"width": 8}}), is_made_of_labels("a", {})
        (True, False)
    """
    for path in _paths(config, ""):
        if (value := look_up(config, path)) is not MISSING and path != "name":
            for end in reversed(_ends(path)):
                name = name.replace(f"{end}={_text(value)}", "")
    return not name.strip("_,")


def _ends(path: str) -> list[str]:
    """Return the dotted ends of a path, the shortest first."""
    parts = path.split(".")
    return [".".join(parts[place:]) for place in reversed(range(len(parts)))]


def _paths(config: Mapping[Any, Any], prefix: str) -> Iterator[str]:
    """Yield the dotted paths of all values, and of the mappings on their way."""
    for key, value in config.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")


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
