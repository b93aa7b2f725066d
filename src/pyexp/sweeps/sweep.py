"""Cartesian products of configs and variations. Owns how names, axes and coordinates grow; knows no runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pyexp._garbage import uncollected
from pyexp.config.merge import DEEP, merge
from pyexp.config.values import ALLOWED, copy_value, from_numpy_scalar
from pyexp.errors import ConfigError, ConfigValueTypeError, NoConfigsError
from pyexp.sweeps.labels import label_of, shortener
from pyexp.sweeps.naming import position_name, with_name
from pyexp.sweeps.new_keys import refuse_slips, without_marks
from pyexp.sweeps.variations import listed
from pyexp.tensor.absent import HOLE
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.config.config import Config

    Mappings = Mapping[str, Any] | Iterable[Mapping[str, Any]]


def sweep(
    configs: Mappings, variations: Mappings, axis: str | None = None, *, short_names: bool = False
) -> Tensor[Config]:
    """Return every config with every variation merged into it, in a shape that has one dimension more.

    Names are joined by ``_``. A variation without a name is named by the values it sets (``learning_rate=0.1``), a
    config without one by its position (``config2``); a lone config without a name adds nothing to the names.

    The new dimension is named by *axis*, else by the key that all variations set, else ``axis<N>``. Its coordinates
    are the values where each variation sets one and the same key, else the variations' names.

    A new key that looks like a misspelling of one that the configs have is refused; ``+`` before it says that it is
    meant.

    Args:
        configs: A list (or any iterable) of dicts, a tensor from an earlier sweep, or one dict.
        variations: A list (or any iterable) of dicts for `merge`, or a dict of keys and their values, which makes a
            dimension for each key: ``{"learning_rate": [0.1, 0.01], "seed": range(3)}``.
        axis: The name of the new dimension.
        short_names: Name variations by the shortest end of a dotted key that no other key of the configs has.

    Example:
        >>> configs = sweep([{"name": "exp", "mlp": {"depth": 2}}], {"mlp.width": [64, 128]})
        >>> configs.shape, configs[0, 1]
        ((1, 2), Config({'name': 'exp_mlp.width=128', 'mlp': Config({'depth': 2, 'width': 128})}))
        >>> sweep(configs, [{"name": "short", "epochs": 1}, {"name": "long", "epochs": 9}]).axes
        {'axis0': ['exp'], 'mlp.width': [64, 128], 'epochs': [1, 9]}
        >>> sweep({"mlp": {"width": 8}}, {"mlp.width": [16], "seed": [0, 1]}, short_names=True)[..., 1].item().name
        'width=16_seed=1'

    Raises:
        ConfigError: There are no variations, a key cannot be merged, or looks misspelt.
        ConfigValueTypeError: A config or a variation is not a mapping.
        NoConfigsError: There are no configs.
    """
    base = as_tensor(configs)
    if not len(base):
        raise NoConfigsError(
            "sweep: configs are empty, so there is nothing to vary: start from [{}] or a list of dicts"
        )
    dimensions = _dimensions(variations, base)
    if axis is not None and len(dimensions) > 1:
        raise ConfigError(
            f"sweep: axis is {axis!r} for {len(dimensions)} dimensions: their keys name them, leave it out"
        )
    every = [change for changes in dimensions for change in changes]
    shorten = shortener(every, base) if short_names else str
    for changes in dimensions:
        base = _grow(base, changes, axis, shorten)
    return base


def _dimensions(variations: Any, base: Tensor[Any]) -> list[list[dict[str, Any]]]:
    """Return the variations of each dimension, without the marks of new keys, after refusing misspelt ones."""
    dimensions: list[list[dict[str, Any]]] = []
    meant: set[str] = set()
    for changes in _variations(variations):
        cleaned = [without_marks(change, base) for change in changes]
        dimensions.append([change for change, _ in cleaned])
        meant.update(*(marked for _, marked in cleaned))
    refuse_slips((change for changes in dimensions for change in changes), meant, list(base))
    return dimensions


@uncollected()
def _grow(
    base: Tensor[Any], changes: list[dict[str, Any]], axis: str | None, shorten: Callable[[str], str]
) -> Tensor[Any]:
    """Add one dimension."""
    sets = [{key: value for key, value in change.items() if key != "name"} for change in changes]
    labels = [
        label_of({shorten(key): value for key, value in values.items()}, position)
        if change.get("name") is None
        else str(change["name"])
        for position, (change, values) in enumerate(zip(changes, sets, strict=True))
    ]
    key = _common_key(sets)
    coordinates = labels if key is None else [copy_value(values[key], key) for values in sets]
    if any(isinstance(coordinate, Mapping) for coordinate in coordinates):
        coordinates = labels
    name = _axis_name(axis, key, base)
    rows = [
        [_vary(config, prefix, values, label) for values, label in zip(sets, labels, strict=True)]
        for config, prefix in zip(base, _prefixes(base), strict=True)
    ]
    cells = [item for row in base.with_items(rows).cells() for item in ([HOLE] * len(changes) if row is HOLE else row)]
    return Tensor(cells, (*base.shape, len(changes)), {**base.axes, name: coordinates})


def as_tensor(configs: Any) -> Tensor[Any]:
    """Return a user's configs as a tensor of mappings, along ``axis0`` unless it is a tensor already.

    Example:
        >>> as_tensor([{"name": "a"}, {"lr": 1}]).axes
        {'axis0': ['a', 'config1']}

    Raises:
        ConfigValueTypeError: It is neither a mapping nor an iterable of mappings.
    """
    if isinstance(configs, Tensor):
        _check_mappings(configs, "configs")
        return configs
    items = [configs] if isinstance(configs, Mapping) else listed(configs, "configs")
    _check_mappings(items, "configs")
    return Tensor(items, axes={"axis0": [position_name(item, position) for position, item in enumerate(items)]})


def _variations(variations: Any) -> list[list[Any]]:
    """Return the variations of each dimension."""
    if isinstance(variations, Mapping):
        dimensions = [
            [{key: from_numpy_scalar(value)} for value in listed(values, f"the values of {key!r}")]
            for key, values in variations.items()
        ]
    else:
        dimensions = [listed(variations, "variations")]
    if not dimensions or not all(dimensions):
        raise ConfigError("sweep: variations are empty, so no config would be left: give at least one")
    for changes in dimensions:
        _check_mappings(changes, "variations")
    return dimensions


def _check_mappings(items: Iterable[Any], subject: str) -> None:
    for position, item in enumerate(items):
        if not isinstance(item, (dict, Mapping)):  # dict first: the abstract class takes five times as long
            raise ConfigValueTypeError(
                f"{subject}: the item at position {position} is {item!r} ({type(item).__name__}), "
                f"not a dict: each is a dict of {ALLOWED}"
            )


def _common_key(sets: list[dict[str, Any]]) -> str | None:
    """Return the one key that every variation sets, if there is one and nothing else is set."""
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
    return with_name(varied, "_".join(part for part in (prefix, label) if part))
