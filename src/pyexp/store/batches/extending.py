"""A batch that gets more runs: which configs are new, and where all lie in a common shape.

Owns what is the same run; calls no user code. Planning writes nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import TYPE_CHECKING, Any

from pyexp._garbage import uncollected
from pyexp.config.values import is_same
from pyexp.store.batch import Batch
from pyexp.store.index import RunRecord
from pyexp.sweeps.identity import config_hash, folder_hash, folder_names
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyexp.config.config import Config
    from pyexp.store.batch import Show
    from pyexp.tensor.tensor import Tensor

    Axes = Mapping[str, Sequence[Any]]

_BY_POSITION = re.compile(r"config(\d+)((?:_.*)?)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What a batch becomes.

    Attributes:
        shape: Its shape.
        axes: Its axes.
        cells: What each place holds: a run's folder, or `HOLE`.
        added: Folder and config of each new run.
        left: Names of the runs that the configs do not have any more.
    """

    shape: tuple[int, ...]
    axes: Axes
    cells: tuple[str, ...]
    added: tuple[tuple[str, Config], ...]
    left: tuple[str, ...]

    @property
    def records(self) -> list[RunRecord]:
        """What the index says of the new runs at first."""
        return [RunRecord(folder, config["name"]) for folder, config in self.added]


@uncollected()
def plan_extension(batch: Batch, names: Sequence[str], configs: Tensor[Config]) -> Extension:
    """Return what *batch* becomes when it gets those of *configs* that it does not have.

    A config is there when a run has its hash; where several have, by its name.

    Args:
        batch: The batch.
        names: Names of its runs, in order.
        configs: All configs that it shall have.
    """
    hashes = [config_hash(config) for config in configs]
    there = _matches(batch, names, configs, hashes)
    added = [place for place, folder in enumerate(there) if folder is None]
    new = _named([configs[place] for place in added], names)
    folders = folder_names(new, taken=batch.folders, hashes=[hashes[place] for place in added])
    fresh = iter(folders)
    every = [folder if folder is not None else next(fresh) for folder in there]
    kept = set(every)
    by_folder = dict(zip(folders, new, strict=True))
    axes: dict[str, list[Any]] = {name: list(values) for name, values in batch.axes.items()}
    cells = list(batch.cells)
    # Without new runs, the shape that the batch has fits all of them.
    if new and len(batch.axes) == 1 and list(batch.axes) == list(configs.axes):
        axes, cells = _lengthen(batch, by_folder, configs.with_items(every))
    elif new:
        wanted = configs.axes
        grid = _Union(batch.axes, wanted)
        grid.place(wanted, configs.with_items(every).cells())
        grid.place(batch.axes, [HOLE if cell in kept else cell for cell in batch.cells])
        axes, cells = grid.axes, grid.cells()
    return Extension(
        shape=tuple(map(len, axes.values())),
        axes=axes,
        cells=tuple(cells),
        added=tuple(by_folder.items()),
        left=tuple(name for folder, name in zip(batch.folders, names, strict=True) if folder not in kept),
    )


def apply_extension(batch: Batch, extension: Extension, show: Show = iter) -> Batch:
    """Write the new runs of *batch*, and return it as it is then; only for the owner.

    A start that is killed meanwhile leaves the batch as it was, or as it is then.

    Raises:
        OSError: Something cannot be written.
    """
    extended = Batch(batch.paths.root, shape=extension.shape, axes=extension.axes, cells=extension.cells)
    known = batch.noted()
    if extension.added:
        extended.add_runs(extension.added, show)
    # Only the owner writes to the index: it need not be read again.
    extended.take_over(batch, known | {record.folder: record for record in extension.records})
    return extended


def _matches(batch: Batch, names: Sequence[str], configs: Tensor[Config], hashes: Sequence[str]) -> list[str | None]:
    """Return the folder of the run that each of *configs*, with these *hashes*, has already."""
    runs: defaultdict[str | None, dict[str, str]] = defaultdict(dict)
    for folder, name in zip(batch.folders, names, strict=True):
        runs[folder_hash(folder)].setdefault(name, folder)
    wanted = Counter(hashes)
    found: list[str | None] = []
    for config, known in zip(configs, hashes, strict=True):
        alike = runs.get(known, {})
        only = next(iter(alike.values())) if len(alike) == wanted[known] == 1 else None
        found.append(only or alike.get(config["name"]))
    return found


def _named(configs: list[Config], taken: Sequence[str]) -> list[Config]:
    """*configs*, where a name that a position gave is taken already under the next number that is free."""
    used = set(taken)
    named = []
    for config in configs:
        name = config["name"]
        if name in used and (match := _BY_POSITION.fullmatch(name)):
            numbers = (f"config{number}{match[2]}" for number in count(int(match[1]) + 1))
            name = next(other for other in numbers if other not in used)
        used.add(name)
        named.append(config if name == config["name"] else config | {"name": name})
    return named


def _lengthen(batch: Batch, added: Mapping[str, Config], wanted: Tensor[str]) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the axis and the cells of a list that *added* come behind, at their coordinates in *wanted*."""
    ((name, known),) = batch.axes.items()
    coordinates = list(known)
    for coordinate, folder in zip(wanted.axes[name], wanted.cells(), strict=True):
        if folder in added:
            is_taken = isinstance(coordinate, str) and coordinate in coordinates
            coordinates.append(added[folder]["name"] if is_taken else coordinate)
    return {name: coordinates}, [*batch.cells, *(cell for cell in wanted.cells() if cell in added)]


class _Union:
    """The runs of a batch and the configs that it shall have, in one grid."""

    def __init__(self, old: Axes, new: Axes) -> None:
        self.axes: dict[str, list[Any]] = {}
        self._places: dict[tuple[int, ...], str] = {}
        self._steps: dict[str, list[int]] = {}
        for name in (*new, *(name for name in old if name not in new)):
            self.axes[name] = list(old.get(name, []))
            self._steps[name] = _join(self.axes[name], new.get(name, []))
        self._new = new

    def cells(self) -> list[str]:
        """Return what each place holds, in row-major order."""
        shape = list(map(len, self.axes.values()))
        cells = [HOLE] * prod(shape)
        for place, folder in self._places.items():
            at = 0
            for step, length in zip(place, shape, strict=True):
                at = at * length + step
            cells[at] = folder
        return cells

    def place(self, axes: Axes, cells: Sequence[str]) -> None:
        """Place runs that lie on *axes*; where a place is taken, at a further coordinate of the first axis."""
        for steps, folder in _walk(axes, cells):
            place = tuple(self._step(axes, name, steps) for name in self.axes)
            self._places[self._beside(place) if place in self._places else place] = folder

    def _step(self, axes: Axes, name: str, steps: Mapping[str, int]) -> int:
        """Return where a run lies on the axis *name*; one without it lies at None."""
        if name in steps:
            return self._steps[name][steps[name]] if axes is self._new else steps[name]
        values = self.axes[name]
        if not any(value is None for value in values):
            values.append(None)
        return next(step for step, value in enumerate(values) if value is None)

    def _beside(self, place: tuple[int, ...]) -> tuple[int, ...]:
        values = next(iter(self.axes.values()))
        wanted = values[place[0]]
        label = f"{wanted}_2" if isinstance(wanted, str) else wanted
        for step, value in enumerate(values):
            if is_same(value, label) and (step, *place[1:]) not in self._places:
                return (step, *place[1:])
        values.append(label)
        return (len(values) - 1, *place[1:])


def _join(known: list[Any], values: Sequence[Any]) -> list[int]:
    """Return where each of *values* lies among *known*, which gets those that it lacks."""
    free = list(range(len(known)))
    steps = []
    for value in values:
        step = next((step for step in free if is_same(known[step], value)), None)
        if step is None:
            known.append(value)
            step = len(known) - 1
        else:
            free.remove(step)
        steps.append(step)
    return steps


def _walk(axes: Axes, cells: Sequence[str]) -> list[tuple[dict[str, int], str]]:
    """Each run with its step on each axis."""
    lengths = [(name, len(values)) for name, values in axes.items()]
    found = []
    for at, folder in enumerate(cells):
        if folder is not HOLE:
            steps, rest = {}, at
            for name, length in reversed(lengths):
                rest, steps[name] = divmod(rest, length)
            found.append((steps, folder))
    return found
