"""Cartesian products of configs and variations. Owns how names, axes and coordinates grow; refuses to know runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pyexp.config.config import Config
from pyexp.config.merge import DEEP, merge
from pyexp.config.values import ALLOWED, copy_value, from_numpy_scalar
from pyexp.errors import ConfigError, ConfigValueTypeError, NoConfigsError
from pyexp.sweeps.labels import label_of
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    Mappings = Mapping[str, Any] | Iterable[Mapping[str, Any]]


def sweep(configs: Mappings, variations: Mappings, axis: str | None = None) -> Tensor[Config]:
    """Return every config with every variation merged into it, in a shape that has one dimension more.

    Names are joined by ``_``. A variation without a name is named by the values it sets (``learning_rate=0.1``), a
    config without one by its position (``config2``); a lone config without a name adds nothing to the names.

    The new dimension is named by *axis*, else by the key that all variations set, else ``axis<N>``. Its coordinates
    are the values where each variation sets one and the same key, else the variations' names.

    Args:
        configs: A list (or any iterable) of dicts, a tensor from an earlier sweep, or one dict.
        variations: A list (or any iterable) of dicts for `merge`, or one dict of one key and its values:
            ``{"learning_rate": [0.1, 0.01]}``.
        axis: The name of the new dimension.

    Example:
        >>> configs = sweep([{"name": "exp", "mlp": {"depth": 2}}], {"mlp.width": [64, 128]})
        >>> configs.shape, configs[0, 1]
        ((1, 2), Config({'name': 'exp_mlp.width=128', 'mlp': Config({'depth': 2, 'width': 128})}))
        >>> sweep(configs, [{"name": "short", "epochs": 1}, {"name": "long", "epochs": 9}]).axes
        {'axis0': ['exp'], 'mlp.width': [64, 128], 'epochs': [1, 9]}

    Raises:
        ConfigError: There are no variations, or a key cannot be merged.
        ConfigValueTypeError: A config or a variation is no mapping.
        NoConfigsError: There are no configs.
    """
    base = as_tensor(configs)
    if not len(base):
        raise NoConfigsError(
            "sweep: configs are empty, so there is nothing to vary: start from [{}] or a list of dicts"
        )
    changes = _variations(variations)
    sets = [{key: value for key, value in change.items() if key != "name"} for change in changes]
    labels = [
        label_of(values, position) if change.get("name") is None else str(change["name"])
        for position, (change, values) in enumerate(zip(changes, sets, strict=True))
    ]
    key = _common_key(sets)
    coordinates = labels if key is None else [copy_value(values[key], key) for values in sets]
    if any(isinstance(coordinate, Mapping) for coordinate in coordinates):
        coordinates = labels
    name = _axis_name(axis, key, base)
    items = [
        _vary(config, prefix, values, label)
        for config, prefix in zip(base, _prefixes(base), strict=True)
        for values, label in zip(sets, labels, strict=True)
    ]
    return Tensor(items, (*base.shape, len(changes)), {**base.axes, name: coordinates})


def as_tensor(configs: Any) -> Tensor[Any]:
    """Return what a user gave as configs as a tensor of mappings, along ``axis0`` unless it is a tensor already.

    Example:
        >>> as_tensor([{"name": "a"}, {"lr": 1}]).axes
        {'axis0': ['a', 'config1']}

    Raises:
        ConfigValueTypeError: It is neither a mapping nor an iterable of mappings.
    """
    if isinstance(configs, Tensor):
        _check_mappings(configs, "configs")
        return configs
    items = [configs] if isinstance(configs, Mapping) else _listed(configs, "configs")
    _check_mappings(items, "configs")
    return Tensor(items, axes={"axis0": [position_name(item, position) for position, item in enumerate(items)]})


def position_name(config: Mapping[str, Any], position: int) -> str:
    """Return the config's name, or the one that its position gives it.

    Example:
        >>> position_name({}, 2)
        'config2'
    """
    return f"config{position}" if config.get("name") is None else str(config["name"])


def _variations(variations: Any) -> list[Mapping[str, Any]]:
    if isinstance(variations, Mapping):
        if len(variations) != 1:
            raise ConfigError(
                f"sweep: variations are a dict of {len(variations)} keys, {list(variations)!r}: "
                "give one key and its values, and call sweep once per key"
            )
        ((key, values),) = variations.items()
        changes: list[Mapping[str, Any]] = [
            {key: from_numpy_scalar(value)} for value in _listed(values, f"the values of {key!r}")
        ]
    else:
        changes = _listed(variations, "variations")
    if not changes:
        raise ConfigError("sweep: variations are empty, so no config would be left: give at least one")
    _check_mappings(changes, "variations")
    return changes


def _listed(values: Any, subject: str) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise ConfigValueTypeError(f"{subject} are {values!r} ({type(values).__name__}), not a list: give an iterable")
    return list(values)


def _check_mappings(items: Iterable[Any], subject: str) -> None:
    for position, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise ConfigValueTypeError(
                f"{subject}: the item at position {position} is {item!r} ({type(item).__name__}), "
                f"not a dict: each is a dict of {ALLOWED}"
            )


def _common_key(sets: list[dict[str, Any]]) -> str | None:
    """The one key that every variation sets, if there is one and nothing else is set."""
    keys = {key for values in sets for key in values}
    key = next(iter(keys), None)
    return key if len(keys) == 1 and isinstance(key, str) and all(sets) else None


def _axis_name(axis: str | None, key: str | None, base: Tensor[Any]) -> str:
    if axis is not None and (not isinstance(axis, str) or not axis):
        raise ConfigError(f"sweep: axis is {axis!r}, not a name: give a non-empty string")
    wanted = axis or (key or "").removeprefix(DEEP) or f"axis{len(base.shape)}"
    name, count = wanted, 1
    while name in base.axes:
        count += 1
        name = f"{wanted}_{count}"
    return name


def _prefixes(base: Tensor[Any]) -> list[str]:
    if len(base) == 1 and base[0].get("name") is None:
        return [""]
    return [position_name(config, position) for position, config in enumerate(base)]


def _vary(config: Mapping[str, Any], prefix: str, values: Mapping[str, Any], label: str) -> Config:
    varied = merge(config, values)
    name = "_".join(part for part in (prefix, label) if part)
    return Config({"name": name} | varied | {"name": name})
