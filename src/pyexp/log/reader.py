"""`LogReader`: what users ask of a log. Owns the shapes of the answers; events come from a `Source`."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.errors import LogError, SelectionError
from pyexp.log import discovery
from pyexp.log.formats import open_source
from pyexp.log.values import events
from pyexp.log.values.attempts import joined
from pyexp.log.values.scalar_arrays import Changes, ScalarArrays, restore
from pyexp.log.values.series import Series

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from pyexp.log.values.events import Entry, Part, Points
    from pyexp.log.values.source import Source


class LogReader:
    """Reads what a `Logger` wrote: while it is being written, after a crash, in either format.

    Opening reads nothing. The first question lists the log without reading its contents; `refresh` then looks at what
    was appended since. Damaged records are passed over and counted in `damage`. A reader is for one thread at a time.

    Args:
        log_dir: A run's folder, or one above: then `runs` and `get_run` lead to the runs.

    Raises:
        FileNotFoundError: There is no such folder.
    """

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        self._path = Path(log_dir)
        self._folder = self._path.absolute()  # wherever the process goes later
        if not self._folder.is_dir():
            raise FileNotFoundError(
                f"no folder {str(self._path)!r}: give the folder that a Logger wrote to, or one above"
            )
        self._source: Source | None = None

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    @property
    def is_run(self) -> bool:
        """Whether this folder itself was logged to."""
        return discovery.is_run(self._folder)

    @property
    def runs(self) -> list[str]:
        """Names of the runs below this folder, at any depth, with ``/`` between the parts."""
        return sorted(name for name in discovery.find_runs(self._folder) if name != ".")

    def get_run(self, name: str) -> LogReader:
        """Return a reader of the run *name*, one of `runs`.

        Raises:
            SelectionError: There is no such run; a `KeyError`.
        """
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or ".." in parts or not discovery.is_run(self._folder / name):
            near = get_close_matches(name, self.runs, n=3, cutoff=0.4)
            hint = f"; the nearest are {', '.join(map(repr, near))}" if near else ""
            raise SelectionError(f"no run {name!r} below {str(self._path)!r}{hint}: `runs` lists them all")
        run = LogReader(self._folder / name)
        run._path = self._path / name
        return run

    def refresh(self) -> Changes:
        """Look for what was logged since the last look, reading only that.

        Never raises because the log is damaged, cut or removed meanwhile.
        """
        if self._source is None:
            self._source = open_source(self._folder)
            if self._source is None:
                return Changes()
        delta = self._source.poll()
        if delta.reset and (source := open_source(self._folder)) and type(source) is not type(self._source):
            self._source = source  # an unused log that gave way to one of the other format
            delta = replace(source.poll(), reset=True)
        return Changes(reset=delta.reset, scalars=delta.starts, objects=tuple(delta.entries()), hidden=delta.hides)

    def close(self) -> None:
        """Forget what was listed; no file stays open between calls anyway."""
        self._source = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LogReader({str(self._path)!r})"

    @property
    def damage(self) -> int:
        """Number of damaged records found so far and passed over."""
        source = self._listed()
        return source.damage if source else 0

    @property
    def attempts(self) -> tuple[float, ...]:
        """When each attempt began, seconds since 1970-01-01 UTC."""
        source = self._listed()
        return tuple(source.attempts) if source else ()

    @property
    def iterations(self) -> list[int]:
        """Every iteration at which something was logged, sorted. Reads all scalars."""
        found = {entry.iteration for entry in self.entries()}
        for tag in self.scalar_tags:
            found.update(self.read_series(tag).iterations)
        return sorted(found)

    @property
    def scalar_tags(self) -> set[str]:
        """Names of the scalars."""
        source = self._listed()
        return set(source.tags) if source else set()

    @property
    def text_tags(self) -> set[str]:
        """Names of the texts."""
        return self._tags(events.TEXT)

    @property
    def figure_tags(self) -> set[str]:
        """Names of the figures."""
        return self._tags(events.FIGURE)

    @property
    def checkpoint_tags(self) -> set[str]:
        """Names of the checkpoints."""
        return self._tags(events.CHECKPOINT)

    @property
    def image_tags(self) -> set[str]:
        """Names of the images."""
        return self._tags(events.IMAGE)

    @property
    def histogram_tags(self) -> set[str]:
        """Names of the histograms."""
        return self._tags(events.HISTOGRAM)

    @property
    def table_tags(self) -> set[str]:
        """Names of the tables."""
        return self._tags(events.TABLE)

    @property
    def hparams(self) -> dict[str, Any]:
        """The hyperparameters logged last; empty when there are none."""
        found = self._load_all(self.entries(events.HPARAMS))
        return dict(json.loads(found[-1][1])["hparams"]) if found else {}

    def __getitem__(self, tag: str) -> tuple[int, Any]:
        """Return the last iteration and value of a tag of any kind; a damaged one is passed over.

        Raises:
            SelectionError: Nothing was logged under this tag; a `KeyError`.
        """
        series = self.read_series(tag)
        if len(series):
            return series.iterations[-1], series.values[-1]
        for entry in reversed(self.entries(tag=tag)):
            for iteration, content in self._load_all([entry]):
                return iteration, restore(entry, content)
        known = self.scalar_tags.union(entry.tag for entry in self.entries())
        near = get_close_matches(tag, known, n=3, cutoff=0.4)
        hint = f"; the nearest are {', '.join(map(repr, near))}" if near else ""
        raise SelectionError(f"nothing is logged as {tag!r} in {str(self._path)!r}{hint}")

    def point_count(self, tag: str) -> int:
        """Return how many points a scalar has, hidden ones included, without reading them."""
        source = self._listed()
        return source.count(tag) if source else 0

    def read_series(self, tag: str, start: int = 0) -> Series:
        """Return the points of a scalar from index *start* on, as columns; none for an unknown tag."""
        source = self._listed()
        if source is None or tag not in source.tags:
            return Series.empty(tag, start)
        return joined(tag, source.points(tag, start), start)

    def load_scalars(self, tag: str) -> list[tuple[int, float]]:
        """Return ``[(iteration, value), …]`` of a scalar; empty for an unknown tag."""
        points: list[tuple[int, float]] = []
        for piece in self._pieces(tag):
            points += zip(piece.iterations, piece.values, strict=True)
        return points

    def load_scalars_array(self, tag: str) -> ScalarArrays:
        """Return the points of a scalar as NumPy arrays; empty for an unknown tag.

        Raises:
            MissingExtraError: NumPy is not installed.
        """
        return ScalarArrays.join(self._pieces(tag))

    def entries(self, kind: str | None = None, tag: str | None = None) -> list[Entry]:
        """List objects in the order in which they were logged, contents unread; *kind* and *tag* limit the list."""
        source = self._listed()
        found = source.entries() if source else []
        return [entry for entry in found if kind in (None, entry.kind) and tag in (None, entry.tag)]

    def read_part(self, part: Part) -> bytes:
        """Return the bytes of one content of an object.

        Raises:
            LogError: They are damaged or gone.
        """
        source = self._listed()
        data = source.contents([part])[0] if source else None
        if data is None:
            raise LogError(f"{part.size:,} bytes of {part.media_type} in {str(part.path)!r} are damaged or gone")
        return data

    def load_text(self, tag: str) -> list[tuple[int, str]]:
        """Return ``[(iteration, text), …]``; empty for an unknown tag."""
        return [(it, data.decode("utf-8", "replace")) for it, data in self._load_all(self.entries(events.TEXT, tag))]

    def load_figure(self, tag: str, iteration: int) -> Any:
        """Return a figure. A matplotlib figure is unpickled: open only logs that you trust.

        Raises:
            SelectionError: There is none at this iteration; a `KeyError`.
            LogError: It is damaged.
        """
        return self._load(events.FIGURE, tag, iteration)

    def load_checkpoint(self, tag: str, iteration: int) -> Any:
        """Return a checkpoint. It is unpickled: open only logs that you trust.

        Raises:
            SelectionError: There is none at this iteration; a `KeyError`.
            LogError: It is damaged.
        """
        return self._load(events.CHECKPOINT, tag, iteration)

    def load_checkpoints(self, tag: str) -> list[tuple[int, Any]]:
        """Return ``[(iteration, object), …]``, without those that are damaged; see `load_checkpoint`."""
        return [(it, pickle.loads(data)) for it, data in self._load_all(self.entries(events.CHECKPOINT, tag))]

    def load_image(self, tag: str, iteration: int) -> bytes:
        """Return an image as the bytes of a picture file; raises as `load_figure` does."""
        content = self._load(events.IMAGE, tag, iteration)
        return bytes(content)

    def load_histogram(self, tag: str, iteration: int) -> dict[str, list[float]]:
        """Return ``{"edges": [n + 1 numbers], "counts": [n numbers]}``; raises as `load_figure` does."""
        return dict(self._load(events.HISTOGRAM, tag, iteration))

    def load_table(self, tag: str, iteration: int) -> dict[str, list[Any]]:
        """Return ``{"columns": [names], "rows": [[values], …]}``; raises as `load_figure` does."""
        return dict(self._load(events.TABLE, tag, iteration))

    def figure_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which a figure was logged."""
        return self._iterations(events.FIGURE, tag)

    def checkpoint_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which a checkpoint was logged."""
        return self._iterations(events.CHECKPOINT, tag)

    def image_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which an image was logged."""
        return self._iterations(events.IMAGE, tag)

    def _listed(self) -> Source | None:
        if self._source is None:
            self._source = open_source(self._folder)
            if self._source is not None:
                self._source.poll()
        return self._source

    def _pieces(self, tag: str) -> list[Points]:
        source = self._listed()
        return source.points(tag, 0) if source else []

    def _tags(self, kind: str) -> set[str]:
        return {entry.tag for entry in self.entries(kind)}

    def _iterations(self, kind: str, tag: str) -> list[int]:
        return sorted({entry.iteration for entry in self.entries(kind, tag)})

    def _load_all(self, entries: Sequence[Entry]) -> list[tuple[int, bytes]]:
        """Return iteration and first content of each entry that is not damaged."""
        source = self._listed()
        if source is None:
            return []
        contents = source.contents([entry.parts[0] for entry in entries if entry.parts])
        numbered = zip([entry.iteration for entry in entries if entry.parts], contents, strict=True)
        return [(iteration, content) for iteration, content in numbered if content is not None]

    def _load(self, kind: str, tag: str, iteration: int) -> Any:
        for entry in reversed(self.entries(kind, tag)):
            if entry.iteration == iteration and entry.parts:
                return restore(entry, self.read_part(entry.parts[0]))
        known = self._iterations(kind, tag)
        found = f"it has {known[:10]}" if known else f"there are {sorted(self._tags(kind))[:10]}"
        raise SelectionError(f"no {kind} {tag!r} at iteration {iteration} in {str(self._path)!r}: {found}")
