"""`convert`: folders of TensorBoard logs into runs of ours, all or none. Owns the steps from files to runs."""

from __future__ import annotations

import warnings
from array import array
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.errors import LogWriteError
from pyexp.log import Item, Points, open_sink, remove_event_file
from pyexp.tensorboard.conversion.report import Report
from pyexp.tensorboard.reading import run_files
from pyexp.tensorboard.reading.messages import MessageError
from pyexp.tensorboard.reading.record_file import Damage, read_records
from pyexp.tensorboard.reading.restarts import Restarts
from pyexp.tensorboard.reading.summaries import EventParser, Scalar, Unknown

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pyexp.log import Sink
    from pyexp.tensorboard.conversion.report import Progress
    from pyexp.tensorboard.reading.summaries import Value

_BATCH_VALUES = 50_000
_BATCH_BYTES = 32 << 20
_PROJECTOR = "projector_config.pbtxt"  # embeddings are in the same folder


def convert(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[Path]:
    """Turn the TensorBoard logs below *source* into runs below *target*, each named like its folder.

    Scalars, texts, images, histograms and hyperparameters are converted with their tags, steps and wall times; several
    pictures of one value become ``tag/0``, ``tag/1``, …. What a program replaced when it was restarted (`purge_step`)
    is left out, as TensorBoard does. What has no counterpart (graphs, embeddings, …) is left out with a warning that
    names it, and so is what is damaged, with the file and the place in it. The source is not changed. Links to folders
    are followed, each folder once; one that leads back to a folder above it is named.

    Every checksum is verified, in Python unless the package ``google-crc32c`` or ``crc32c`` is installed: see
    `pyexp.tensorboard.reading.checksum` for what that costs.

    Args:
        source: A folder with event files of TensorBoard or tensorboardX, at any depth; or one such file.
        target: The folder to write to; made when missing.
        progress: Called repeatedly with how many bytes were read so far, and how many there are.

    Returns:
        The folders of the runs that were made. If it raises, there are none.

    Raises:
        FileNotFoundError: There is no event file at or below *source*.
        LogError: The target of a run already holds a log.
        LogWriteError: The target cannot be written.
    """
    report = Report(progress)
    folders = run_files.find_files(Path(source), report.note)
    names = run_files.name_runs(folders, Path(target))
    report.expect(sum(path.stat().st_size for files in folders.values() for path in files))
    try:
        for folder, files in folders.items():
            _convert_run(files, names[folder], report)
    except BaseException:
        for name in sorted(names.values(), reverse=True):  # what is below comes first
            _remove_run(name)
        raise
    for folder, name in names.items():
        if name != Path(target) / folder:
            report.rename(folder.as_posix(), name.relative_to(target).as_posix())
    for sentence in report.sentences():
        warnings.warn(sentence, stacklevel=2)
    return list(names.values())


def _convert_run(files: list[Path], folder: Path, report: Report) -> None:
    """Write one run."""
    sink = open_sink(folder, use_protobuf=True)
    try:
        batch = _Batch(sink, folder)
        for value in _values(files, report):
            if isinstance(value, Unknown):
                report.leave_out(value)
            else:
                batch.add(value)
        batch.write()
    except BaseException:
        sink.release()
        raise
    sink.close()
    if any((path.parent / _PROJECTOR).exists() for path in files):
        report.leave_out(Unknown("", "embeddings"))


def _values(files: list[Path], report: Report) -> Iterator[Value]:
    """Read the values of one run, without those that a restart replaced."""
    restarts = Restarts(files)
    parser = EventParser()
    for number, path in enumerate(files):
        with open(path, "rb") as file:
            for record in read_records(file):
                report.advance(record.size)
                if isinstance(record, Damage):
                    report.damage(path, record)
                    continue
                try:
                    event = parser.parse(record.data)
                except MessageError:
                    report.damage(path, Damage(record.offset, record.size, "not an event"))
                    continue
                if not restarts.hide(number, record.offset, event.step):
                    yield from event.values


def _remove_run(folder: Path) -> None:
    """Remove what was written so far; folders that hold something else stay."""
    with suppress(OSError):
        remove_event_file(folder)
        folder.rmdir()


class _Batch:
    """The values as columns, so that blocks are large and memory is bounded."""

    def __init__(self, sink: Sink, folder: Path) -> None:
        self._sink = sink
        self._folder = folder
        self._clear()

    def _clear(self) -> None:
        self._columns: dict[str, tuple[array[int], array[float], array[float]]] = {}
        self._items: list[tuple[Item, int]] = []
        self._values = self._bytes = 0

    def add(self, value: Scalar | Item) -> None:
        if isinstance(value, Item):
            self._items.append((value, value.iteration or 0))
            self._bytes += value.size
        else:
            steps, values, times = self._columns.setdefault(value.tag, (array("q"), array("d"), array("d")))
            steps.append(value.step)
            values.append(value.value)
            times.append(value.time)
        self._values += 1
        if self._values >= _BATCH_VALUES or self._bytes >= _BATCH_BYTES:
            self.write()

    def write(self) -> None:
        points = [Points(tag, *columns) for tag, columns in self._columns.items()]
        try:
            self._sink.prepare(points, self._items)()
        except OSError as error:
            raise LogWriteError(
                f"cannot write to {str(self._folder)!r}: {error.strerror or error}; nothing of this conversion was "
                "kept: make room, or give another folder"
            ) from error
        self._clear()
