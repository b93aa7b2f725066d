"""`convert`: whole folders of TensorBoard logs into runs of ours. Owns which files make which run."""

from __future__ import annotations

import warnings
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log import discovery
from pyexp.log.events import Item, Points
from pyexp.log.formats import open_sink
from pyexp.log.wire import WireError
from pyexp.tensorboard.record_file import read_records
from pyexp.tensorboard.summaries import EventParser, Scalar, Unknown, Value

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pyexp.log.writer import Sink

_FILES = "*tfevents*"
_BATCH_VALUES = 50_000
_BATCH_BYTES = 32 << 20


def convert(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> list[Path]:
    """Turn the TensorBoard logs below *source* into runs below *target*, each named like its folder.

    Scalars, texts, images, histograms and hyperparameters come over with their steps and wall times; what has no
    counterpart (graphs, embeddings, …) is left out with a warning that names it. The source stays as it is.

    Args:
        source: A folder with event files of TensorBoard or tensorboardX, at any depth; or one such file.
        target: The folder to write to; made when missing.

    Returns:
        The folders of the runs that were made.

    Raises:
        FileNotFoundError: There is no event file below *source*.
        LogError: The target of a run already holds a log.
    """
    origin = Path(source)
    files = [origin] if origin.is_file() else sorted(path for path in origin.rglob(_FILES) if path.is_file())
    if not files:
        raise FileNotFoundError(f"no event file of TensorBoard ({_FILES}) in {str(origin)!r}")
    base = origin.parent if origin.is_file() else origin
    folders: dict[Path, list[Path]] = {}
    for path in files:
        folders.setdefault(Path(target) / path.parent.relative_to(base), []).append(path)
    for folder in folders:
        if discovery.is_run(folder):
            raise LogError(f"{str(folder)!r} holds a log already: convert to another folder, or remove it first")
    unknown: set[str] = set()
    for folder, parts in folders.items():
        unknown |= _convert_run(parts, folder)
    if unknown:
        warnings.warn(f"left out, having no counterpart: {', '.join(sorted(unknown))}", stacklevel=2)
    return list(folders)


def _convert_run(files: list[Path], folder: Path) -> set[str]:
    """Write one run; return what was left out."""
    unknown = set()
    sink = open_sink(folder, use_protobuf=True)
    batch = _Batch(sink)
    for value in _values(files):
        if isinstance(value, Scalar):
            batch.add_scalar(value)
        elif isinstance(value, Item):
            batch.add_item(value)
        else:
            unknown.add(_name(value))
    batch.write()
    sink.close()
    return unknown


def _name(value: Unknown) -> str:
    return f"{value.tag} ({value.kind})" if value.tag else value.kind


def _values(files: list[Path]) -> Iterator[Value]:
    parser = EventParser()
    for path in files:
        with open(path, "rb") as file:
            for record in read_records(file):
                try:
                    yield from parser.parse(record).values
                except WireError:
                    continue  # a damaged record; TensorBoard passes it over, too


class _Batch:
    """Collects values into columns, so that blocks are large and memory stays bounded."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._clear()

    def _clear(self) -> None:
        self._columns: dict[str, tuple[array[int], array[float], array[float]]] = {}
        self._items: list[tuple[Item, int]] = []
        self._values = self._bytes = 0

    def add_scalar(self, scalar: Scalar) -> None:
        steps, values, times = self._columns.setdefault(scalar.tag, (array("q"), array("d"), array("d")))
        steps.append(scalar.step)
        values.append(scalar.value)
        times.append(scalar.time)
        self._count(0)

    def add_item(self, item: Item) -> None:
        self._items.append((item, item.iteration or 0))
        self._count(item.size)

    def _count(self, size: int) -> None:
        self._values += 1
        self._bytes += size
        if self._values >= _BATCH_VALUES or self._bytes >= _BATCH_BYTES:
            self.write()

    def write(self) -> None:
        points = [Points(tag, *columns) for tag, columns in self._columns.items()]
        self._sink.prepare(points, self._items)()
        self._clear()
