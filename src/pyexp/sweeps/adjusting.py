"""Configs that a start changes: a value set in all of them, an axis added or replaced.

Owns what becomes of names, axes and configs that are equal then; knows neither flags nor runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyexp.config.encoding import config_hash
from pyexp.config.overrides import ADDED, override
from pyexp.config.validation import validate_values
from pyexp.config.values import is_same
from pyexp.errors import ConfigError
from pyexp.sweeps.labels import is_made_of_labels, label_of, relabel
from pyexp.sweeps.sweep import sweep
from pyexp.sweeps.variations import listed
from pyexp.tensor.absent import HOLE
from pyexp.tensor.concat import concat
from pyexp.tensor.grid import positions
from pyexp.tensor.select import MISSING, look_up
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.config.config import Config

_RESERVED = ("name", "out")


def adjust(configs: Tensor[Config], values: Mapping[str, Any], axes: Mapping[str, Any]) -> Tensor[Config]:
    """Return *configs* with *values* set in each of them, and then varied over *axes*.

    A key that is an axis fixes it: of the configs that are equal then, the first stays. Names that `sweep` made of the
    values follow them; to others, ``_KEY=VALUE`` is added.

    Args:
        configs: Checked configs.
        values: Values by key, as `override` takes them.
        axes: Lists of values by key: a new axis, or other values for one that is there.

    Example:
        >>> configs = sweep([{"name": "exp", "epochs": 1}], {"lr": [0.1, 0.2], "seed": [0, 1]})
        >>> adjusted = adjust(configs, {"lr": 0.5}, {"seed": [7]})
        >>> adjusted.axes, [config.name for config in adjusted]
        ({'axis0': ['exp'], 'lr': [0.5], 'seed': [7]}, ['exp_lr=0.5_seed=7'])
        >>> [config.name for config in adjust(configs, {"epochs": 9}, {})[0, 0, :]]
        ['exp_lr=0.1_seed=0_epochs=9', 'exp_lr=0.1_seed=1_epochs=9']

    Raises:
        ConfigError: A key is reserved or in no config, a value cannot be merged, or an axis cannot be replaced.
        ConfigValueTypeError: A value is of a type that configs cannot hold.
    """
    for key in (*values, *axes):
        _refuse_reserved(key)
    if values:
        configs = _set(configs, validate_values(values, "set"))
    for key, choices in axes.items():
        configs = _vary(configs, key, listed(choices, f"sweep: the values of {key!r}"))
    return configs


def _set(configs: Tensor[Config], values: Mapping[str, Any]) -> Tensor[Config]:
    changed = override(configs, values)
    paths = {_path(key): value for key, value in values.items()}
    named = [_renamed(before, after, paths) for before, after in zip(configs, changed, strict=True)]
    merged = _merge_equal(configs.with_items(named), _copies(configs, named))
    axes = {name: [paths[name]] if name in paths and len(known) == 1 else known for name, known in merged.axes.items()}
    return Tensor(merged.cells(), merged.shape, axes)


def _vary(configs: Tensor[Config], key: str, choices: Sequence[Any]) -> Tensor[Config]:
    path = _path(key)
    if path not in configs.axes:
        return sweep(configs, {key: choices})
    if not choices:
        raise ConfigError(f"sweep: the values of {key!r} are empty, so no config would be left: give at least one")
    parts = [_set(configs, {path: choice}) for choice in choices]
    if any(len(part.axes[path]) != 1 for part in parts):
        raise ConfigError(
            f"the axis {path!r} cannot get other values: its configs differ in more than this key; set another key"
        )
    whole = parts[0]
    for part in parts[1:]:
        whole = concat(whole, part, path)
    return whole


def _renamed(before: Config, after: Config, values: Mapping[str, Any]) -> Config:
    name = before.get("name")
    if name is None:
        return after
    is_ours = is_made_of_labels(name, before)
    for path, value in values.items():
        earlier = look_up(before, path)
        if earlier is MISSING or not is_same(earlier, value):
            followed = None if earlier is MISSING else relabel(name, path, earlier, value)
            name = followed or (name if is_ours else f"{name}_{label_of({path: value}, 0)}")
    return type(after)(after | {"name": name})


def _copies(before: Tensor[Config], after: Sequence[Config]) -> list[tuple[str, int]]:
    """Return what distinguishes configs: their values, and which of the configs that were equal *before* each was."""
    seen: Counter[str] = Counter()
    keys = []
    for old, new in zip(before, after, strict=True):
        known = config_hash(old)
        keys.append((config_hash(new), seen[known]))
        seen[known] += 1
    return keys


def _merge_equal(configs: Tensor[Config], keys: list[tuple[str, int]]) -> Tensor[Config]:
    """Return *configs* with one place for those of one key: along whole axes where it can be, else holes."""
    marks: Tensor[Any] = configs.with_items(keys)
    for dimension in range(len(configs.shape)):
        slices: dict[tuple[Any, ...], int] = {}
        for step in range(configs.shape[dimension]):
            slices.setdefault(tuple(map(_plain, _taken(marks, dimension, [step]).cells())), step)
        kept = list(slices.values())
        configs, marks = _taken(configs, dimension, kept), _taken(marks, dimension, kept)
    seen: set[Any] = {None}
    cells = []
    for cell, mark in zip(configs.cells(), map(_plain, marks.cells()), strict=True):
        cells.append(HOLE if mark in seen else cell)
        seen.add(mark)
    return Tensor(cells, configs.shape, configs.axes)


def _taken(tensor: Tensor[Any], dimension: int, steps: Sequence[int]) -> Tensor[Any]:
    """Return the *steps* of one dimension."""
    selectors: list[Sequence[int]] = [range(length) for length in tensor.shape]
    selectors[dimension] = steps
    cells = tensor.cells()
    axes = {
        name: [values[step] for step in selector]
        for (name, values), selector in zip(tensor.axes.items(), selectors, strict=True)
    }
    return Tensor([cells[place] for place in positions(selectors, tensor.shape)], tuple(map(len, selectors)), axes)


def _plain(mark: Any) -> Any:
    return None if mark is HOLE else mark


def _refuse_reserved(key: Any) -> None:
    if isinstance(key, str) and _path(key).partition(".")[0] in _RESERVED:
        raise ConfigError(f"the key {key!r} cannot be set: names follow the values, and 'out' is the folder of the run")


def _path(key: str) -> str:
    return key.removeprefix(ADDED).removeprefix("**")
