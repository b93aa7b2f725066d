"""From what a user returned to configs that can run. Owns the order of the checks; the checks live in its neighbours.

This is the package's entry point for its callers: validation, encoding and naming are reached through it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pyexp._garbage import uncollected
from pyexp.config.encoding import canonical_json, config_hash, decode_config, encode_config
from pyexp.config.validation import validate, validate_values
from pyexp.errors import DuplicateConfigError, NoConfigsError
from pyexp.sweeps.adjusting import adjust
from pyexp.sweeps.naming import complete_names, folder_hash, folder_names
from pyexp.sweeps.sweep import as_tensor
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyexp.config.config import Config

__all__ = [
    "canonical_json",
    "check_duplicates",
    "complete_names",
    "config_hash",
    "decode_config",
    "encode_config",
    "folder_hash",
    "folder_names",
    "prepare_configs",
    "validate",
]


def prepare_configs(
    value: Any, *, values: Mapping[str, Any] | None = None, axes: Mapping[str, Any] | None = None
) -> Tensor[Config]:
    """Return what a user's ``configs`` gave as named, checked configs that share nothing with it.

    The coordinates of the axes are checked too: they hold what configs hold.

    Args:
        value: A list, tuple, generator or tensor of dicts, or one dict.
        values: Values by key to set in all of them, see `adjust`.
        axes: Lists of values by key to vary them over, see `adjust`.

    Example:
        >>> prepare_configs([{"name": "fast", "lr": 0.1}, {"lr": 0.2}])
        Tensor(shape=(2,), axes=('axis0',), items=['fast', 'config1'])

    Raises:
        NoConfigsError: There are no configs.
        ConfigValueTypeError: An item is not a dict, or holds what configs cannot hold.
        DuplicateConfigError: Two have the same name and the same values.
        ConfigError: A config has the key ``out``, or nests too deep.
    """
    if value is None:
        raise NoConfigsError("configs are None, so there is nothing to run: return a list of dicts")
    given = as_tensor(value)
    if not len(given):
        raise NoConfigsError("configs are empty, so there is nothing to run: return at least one dict")
    return _prepared(given, values or {}, axes or {})


@uncollected()
def _prepared(given: Tensor[Any], values: Mapping[str, Any], axes: Mapping[str, Any]) -> Tensor[Config]:
    checked = [validate(config, _label(config, position)) for position, config in enumerate(given)]
    adjusted = adjust(given.with_items(checked), values, axes)
    if axes:
        checked = [validate(config, _label(config, position)) for position, config in enumerate(adjusted)]
        adjusted = adjusted.with_items(checked)
    coordinates = validate_values(adjusted.axes, "the axes of the configs")
    named = complete_names(Tensor(adjusted.cells(), adjusted.shape, coordinates))
    check_duplicates(named)
    return named


def check_duplicates(configs: Iterable[Mapping[str, Any]]) -> None:
    """Refuse two configs of the same name and the same values.

    Example:
        >>> check_duplicates([{"name": "a", "lr": 1}, {"name": "a", "lr": 2}])

    Raises:
        DuplicateConfigError: There are two; the message names both positions and the name.
    """
    named: defaultdict[Any, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for position, config in enumerate(configs):
        named[config.get("name")].append((position, config))
    for alike in named.values():
        if len(alike) > 1:  # values in one spelling cost time where they are large
            _refuse_same_values(alike)


def _refuse_same_values(alike: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    seen: dict[str, int] = {}
    for position, config in alike:
        first = seen.setdefault(canonical_json(config), position)
        if first != position:
            raise DuplicateConfigError(
                f"configs at positions {first} and {position} are the same: both are named {config.get('name')!r} "
                "and have equal values: drop one, or vary the name or a value (a seed, say)"
            )


def _label(config: Mapping[str, Any], position: int) -> str:
    name = config.get("name")
    return f"config at position {position}" if name is None else f"config {name!r} (position {position})"
