"""`LogReader`: what users ask of a log. Owns the shapes of the answers; events come from a `Source`."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.config.suggestion import close_names
from pyexp.errors import LogError, SelectionError
from pyexp.log import discovery
from pyexp.log.by_kind import ByKind
from pyexp.log.formats import open_source
from pyexp.log.kinds import HPARAMS, KINDS, restore
from pyexp.log.values.attempts import joined
from pyexp.log.values.scalar_arrays import Changes, ScalarArrays
from pyexp.log.values.series import Series

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from pyexp.log.values.events import Entry, Part, Points
    from pyexp.log.values.source import Source


class LogReader(ByKind):
    """Reads what a `Logger` wrote: while it is being written, after a crash, in either format.

    Opening reads nothing. The first question lists the log without reading its contents; `refresh` then looks at what
    was appended since. Damaged records are skipped and counted in `damage`. A reader is for one thread at a time.

    The first question refuses, as `LogError`, a folder that holds no log but runs below; after a `refresh` it does not,
    so that a log may be waited for. Of files that have the names of a log's and are none, it warns.

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
        self._is_following = False  # `refresh` was called: there may be no log yet

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
            hint = _nearest(name, self.runs)
            raise SelectionError(f"no run {name!r} below {str(self._path)!r}{hint}: `runs` lists them all")
        run = LogReader(self._folder / name)
        run._path = self._path / name
        return run

    def refresh(self) -> Changes:
        """Look for what was logged since the last look, reading only that.

        All is new, and `Changes.reset` true, where a closed log was written anew to make it small. Never raises because
        the log is damaged, cut or removed meanwhile.
        """
        self._is_following = True
        if self._source is None:
            self._source = open_source(self._folder)
            if self._source is None:
                return Changes()
        delta = self._source.poll()
        if delta.reset and (source := open_source(self._folder)) and type(source) is not type(self._source):
            self._source = source  # an unused log that was replaced by one of the other format
            delta = replace(source.poll(), reset=True)
        return Changes(reset=delta.reset, scalars=delta.starts, objects=tuple(delta.entries()), hidden=delta.hides)

    def close(self) -> None:
        """Drop what was listed; no file stays open between calls anyway."""
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
        """Number of damaged records found so far and skipped."""
        source = self._listed()
        return source.damage if source else 0

    @property
    def problem(self) -> str | None:
        """Why files here that have the names of a log's are none; None for a log, and where nothing was logged yet."""
        source = self._listed()
        return source.problem if source else None

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

    def tags(self, kind: str) -> set[str]:
        """Return the names of the objects of a kind, such as ``"figure"``.

        Raises:
            SelectionError: There is no such kind; a `KeyError`.
        """
        _require_kind(kind)
        return {entry.tag for entry in self.entries(kind)}

    def iterations_of(self, kind: str, tag: str) -> list[int]:
        """Return the iterations at which an object was logged, sorted; raises as `tags` does."""
        _require_kind(kind)
        return sorted({entry.iteration for entry in self.entries(kind, tag)})

    def load(self, kind: str, tag: str, iteration: int) -> Any:
        """Return an object as it was logged. Pickles are loaded: open only logs that you trust.

        Raises:
            SelectionError: There is no such kind, or none of that name at this iteration; a `KeyError`.
            LogError: It is damaged.
        """
        _require_kind(kind)
        for entry in reversed(self.entries(kind, tag)):
            if entry.iteration == iteration and entry.parts:
                return restore(entry.parts[0].media_type, self.read_part(entry.parts[0]))
        known = self.iterations_of(kind, tag)
        found = f"it has {known[:10]}" if known else f"there are {sorted(self.tags(kind))[:10]}"
        raise SelectionError(f"no {kind} {tag!r} at iteration {iteration} in {str(self._path)!r}: {found}")

    def load_all(self, kind: str, tag: str) -> list[tuple[int, Any]]:
        """Return ``[(iteration, object), …]`` without those that are damaged; empty for an unknown tag.

        Pickles are loaded: open only logs that you trust.

        Raises:
            SelectionError: There is no such kind; a `KeyError`.
        """
        _require_kind(kind)
        return self._restore_all(self.entries(kind, tag))

    @property
    def hparams(self) -> dict[str, Any]:
        """The hyperparameters logged last; empty when there are none."""
        for entry in reversed(self.entries(HPARAMS.name)):
            for _, found in self._restore_all([entry]):
                if isinstance(found, dict) and isinstance(found.get("hparams"), dict):  # else its line is damaged
                    return dict(found["hparams"])
        return {}

    def __getitem__(self, tag: str) -> tuple[int, Any]:
        """Return the last iteration and value of a tag of any kind; a damaged one is skipped.

        Raises:
            SelectionError: Nothing was logged under this tag; a `KeyError`.
            LogError: What was logged under it is damaged.
        """
        if inner := self._runs_below():
            raise SelectionError(self._no_log(inner))
        source = self._listed()
        if source is not None and (last := source.last(tag)) is not None:
            return last
        for entry in reversed(self.entries(tag=tag)):
            for found in self._restore_all([entry]):
                return found
        known = self.scalar_tags.union(entry.tag for entry in self.entries())
        if tag in known:
            raise LogError(f"all that is logged as {tag!r} in {str(self._path)!r} is damaged")
        raise SelectionError(f"nothing is logged as {tag!r} in {str(self._path)!r}{_nearest(tag, known)}")

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

    def _listed(self) -> Source | None:
        if self._source is None:
            if inner := self._runs_below():
                raise LogError(self._no_log(inner))
            self._source = open_source(self._folder)
            if self._source is not None:
                self._source.poll()
                if problem := self._source.problem:
                    warnings.warn(problem, stacklevel=3)
        return self._source

    def _runs_below(self) -> str | None:
        """Return the first run below a folder that holds no log itself, unless one is waited for."""
        if self._source is not None or self._is_following or self.is_run or open_source(self._folder) is not None:
            return None
        return next(discovery.find_runs(self._folder), None)

    def _no_log(self, inner: str) -> str:
        return (
            f"no log in {str(self._path)!r} itself, but runs below it, such as {inner!r}: `runs` lists them, and "
            f"`get_run({inner!r})` reads one"
        )

    def _pieces(self, tag: str) -> list[Points]:
        source = self._listed()
        return source.points(tag, 0) if source else []

    def _restore_all(self, entries: Sequence[Entry]) -> list[tuple[int, Any]]:
        """Return iteration and value of each entry that is not damaged."""
        source = self._listed()
        whole = [entry for entry in entries if entry.parts]
        contents = source.contents([entry.parts[0] for entry in whole]) if source else []
        return [
            (entry.iteration, restore(entry.parts[0].media_type, content))
            for entry, content in zip(whole, contents, strict=True)
            if content is not None
        ]


def _nearest(name: str, names: Iterable[str]) -> str:
    near = close_names(name, names, likeness=0.4)
    return f"; the nearest are {', '.join(map(repr, near))}" if near else ""


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise SelectionError(f"no kind {kind!r}; expected one of {', '.join(map(repr, KINDS))}")
