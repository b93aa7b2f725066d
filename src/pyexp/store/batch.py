"""A batch folder: made exclusively, claimed by one process, opened by anybody.

Owns ``runs.json``, ``batch.json`` and what the run folders say together. A batch exists once its ``runs.json`` does,
which is written last.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from itertools import compress
from typing import TYPE_CHECKING, Any

from pyexp._files import sync_folder, write_atomic
from pyexp._garbage import uncollected
from pyexp._record import replace
from pyexp.config.config import Config
from pyexp.config.encoding import decode_config, encode_config
from pyexp.errors import BatchNotFoundError, DamagedFileError, OutputError
from pyexp.store import layout
from pyexp.store.claim import Claim, live_owner, owned_by
from pyexp.store.configs.kept import keep_configs
from pyexp.store.configs.making import AT_ONCE, FoldersToMake, make_folder
from pyexp.store.configs.reading import RunConfigs
from pyexp.store.index import Index, RunRecord, load_index, real_folders, version_of, which_hold
from pyexp.store.status import is_folder_fault, readable_status, settled_status
from pyexp.sweeps.naming import folder_names
from pyexp.task import Status
from pyexp.tensor.absent import HOLE
from pyexp.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyexp.store.index import Stamp

    Show = Callable[[Sequence[tuple[str, Config]]], Iterator[tuple[str, Config]]]


class Batch:
    """One timestamped execution of an experiment, as it stands on disk.

    Attributes:
        paths: Where its files are.
        shape: Shape of the sweep.
        axes: Names and coordinates of the sweep's dimensions.
        cells: What each place of the sweep holds, in row-major order: a run's folder, or `HOLE`.
        folders: Run folders in the same order.
        configs: The configs of its runs.
        unmade: Folders of its runs that are made while others work.
    """

    def __init__(
        self, root: Path, *, shape: tuple[int, ...], axes: Mapping[str, Sequence[Any]], cells: Sequence[str]
    ) -> None:
        self.paths = layout.BatchPaths(root)
        self.shape = shape
        self.axes = axes
        self.cells = cells
        self.folders: Sequence[str] = [cell for cell in cells if cell is not HOLE]
        self.configs = RunConfigs(self.paths)
        self.unmade = FoldersToMake(self.paths)
        self._index: tuple[object, dict[str, RunRecord]] = (None, {})
        self._unchanged: tuple[Mapping[str, RunRecord], frozenset[str]] = ({}, frozenset())

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy reads the batch for itself.
        return _make_again, (self.paths.root, self.shape, self.axes, self.cells)

    @classmethod
    def create(
        cls, experiment_dir: Path, configs: Tensor[Config], facts: Mapping[str, Any], show: Show = iter
    ) -> tuple[Batch, Claim]:
        """Make a new batch folder for *configs*, and claim it; see `add_runs`.

        Raises:
            OutputError: The folder cannot be written; nothing is left behind half-made.
        """
        try:
            root = _make_batch_folder(experiment_dir)
        except OSError as error:
            raise _unwritable(experiment_dir, error) from error
        paths = layout.BatchPaths(root)
        claim: Claim | None = None
        try:
            claim = Claim.take(paths.owner)
            folders = folder_names(list(configs))
            cells = configs.with_items(folders).cells()
            batch = cls(root, shape=configs.shape, axes=dict(configs.axes), cells=cells)
            write_atomic(paths.facts, json.dumps(facts, indent=1, default=str).encode())
            batch.add_runs(list(zip(folders, configs, strict=True)), show)
            sync_folder(experiment_dir)
        except BaseException as error:
            if claim is not None:
                claim.release()
            import shutil

            # The folder is ours alone: half a batch is of no use, and on a full disk it is in the way.
            shutil.rmtree(root, ignore_errors=True)
            if isinstance(error, OSError):
                raise _unwritable(root, error) from error
            raise
        return batch, claim

    @classmethod
    def open(cls, root: Path) -> Batch:
        """Open the batch in *root*.

        Raises:
            BatchNotFoundError: There is no batch in this folder.
            DamagedFileError: Its ``runs.json`` cannot be read.
        """
        path = layout.BatchPaths(root).runs
        try:
            runs = decode_config(path.read_bytes())
            cells = [HOLE if folder is None else _checked_folder(folder) for folder in runs["runs"]]
            axes = {name: list(values) for name, values in (runs["axes"] or {}).items()}
            # The tensor refuses a shape that does not fit the folders, and axes that do not fit the shape.
            shape = Tensor(cells, tuple(runs["shape"]), axes).shape
            return cls(root, shape=shape, axes=axes, cells=cells)
        except FileNotFoundError:
            raise BatchNotFoundError(f"{root} is not a batch: it has no {layout.RUNS}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedFileError(
                f"{path} does not hold the runs of a batch ({error}); the run folders next to it are unharmed"
            ) from error

    @uncollected()
    def add_runs(self, runs: Sequence[tuple[str, Config]], show: Show = iter) -> None:
        """Write what there is to know of new *runs*, some of their folders, and then ``runs.json``.

        The folders that are left are those of `unmade`. What raises leaves the batch as it was.

        Args:
            runs: Folder and config of each.
            show: Returns an iterator over the runs that shows how far it is.
        """
        keep_configs(self.paths.configs, show(runs))
        index = Index(self.paths.index)
        index.append(*(RunRecord(folder, config["name"]) for folder, config in runs))
        index.close()
        for folder, config in runs[:AT_ONCE]:
            make_folder(self.run(folder), config)
        named = [None if cell is HOLE else cell for cell in self.cells]
        held = Config(shape=list(self.shape), runs=named, axes=dict(self.axes))
        write_atomic(self.paths.runs, encode_config(held), durable=True)
        sync_folder(self.paths.root)
        self.unmade = FoldersToMake(self.paths, runs[AT_ONCE:])

    def claim(self) -> Claim:
        """Make this process the batch's owner.

        Raises:
            BatchOwnedError: A live process owns it.
            OutputError: The folder cannot be written.
        """
        try:
            return Claim.take(self.paths.owner)
        except OSError as error:
            raise _unwritable(self.paths.root, error) from error

    def refuse_if_owned(self) -> None:
        """Refuse a batch that another process works on, without claiming it.

        Raises:
            BatchOwnedError: A live process owns it.
        """
        owner = live_owner(self.paths.owner)
        if owner is not None and owner.pid:
            raise owned_by(self.paths.root.name, owner)

    def run(self, folder: str) -> layout.RunPaths:
        """Return the paths of the run in *folder*."""
        return self.paths.run(folder)

    def load_config(self, folder: str, stamp: Stamp | None = None) -> Config:
        """Read the config of a run, see `RunConfigs.load`.

        Raises:
            DamagedFileError: The config is missing, unreadable, or not the one that the folder was named after.
        """
        return self.configs.load(folder, stamp)

    def records(self) -> list[RunRecord]:
        """Return the state of each run, in order; a dead owner's running ones read as interrupted.

        One file is read, and the folders of runs that lost their result, or that an owner who is dead left unfinished.
        """
        is_live, known = live_owner(self.paths.owner) is not None, self.noted()
        right = self._with_results(known)
        return [
            record
            if (record := known.get(folder)) is not None
            and (folder in right or self._is_right(record, is_live=is_live))
            else self.examine(folder, is_live=is_live)
            for folder in self.folders
        ]

    def _with_results(self, known: Mapping[str, RunRecord]) -> frozenset[str]:
        """Return the folders of runs that have passed by their records, and whose results are there."""
        unchanged = self._unchanged[1] if self._unchanged[0] is known else frozenset()
        passed = [folder for folder, run in known.items() if run.status is Status.PASSED and folder not in unchanged]
        return unchanged.union(compress(passed, which_hold(os.fspath(self.paths.root), passed, layout.RESULT)))

    def noted(self) -> dict[str, RunRecord]:
        """Return what the index says of each run by folder, empty without one; read again only after a change."""
        state = version_of(self.paths.index)
        if state is None:
            return {}
        if self._index[0] != state:
            self._index = (state, load_index(self.paths.index) or {})
        return self._index[1]

    def unchanged(self) -> frozenset[str]:
        """Return the runs that passed and whose files are those that the index notes.

        They are compared once, and again only after a change of the index.
        """
        known = self.noted()
        if self._unchanged[0] is not known:
            folders, root = real_folders(self.paths.root), os.fspath(self.paths.root)
            found = (folder for folder, record in known.items() if folder in folders and record.is_settled_in(root))
            self._unchanged = (known, frozenset(found))
        return self._unchanged[1]

    def take_over(self, earlier: Batch, known: dict[str, RunRecord]) -> None:
        """Take over what *earlier*, the same batch a moment ago, has compared of runs whose records are the same.

        Args:
            earlier: The batch.
            known: What the index says by now, see `noted`.
        """
        then, unchanged = earlier._unchanged
        self._index = (version_of(self.paths.index), known)
        self._unchanged = (known, frozenset(folder for folder in unchanged if known.get(folder) == then[folder]))

    def examine(self, folder: str, *, is_live: bool = False) -> RunRecord:
        """Return the state of one run by its own files alone: ``result.pkl`` decides whether it passed."""
        paths = self.run(folder)
        status = readable_status(paths)
        settled = replace(status, status=settled_status(paths, status, is_live=is_live))
        return RunRecord.of(folder, self.name_of(folder), settled)

    def _is_right(self, record: RunRecord, *, is_live: bool) -> bool:
        """Return whether the run's folder holds no more than the index, whose last lines a power cut takes."""
        if record.status is Status.PASSED:  # with its result, it is not asked for
            return False
        if is_live or record.status is Status.RUNNING:
            return is_live
        has_result = os.access(self.paths.result_of(record.folder), os.F_OK)
        if has_result and not self.run(record.folder).root.is_symlink():  # behind a link, it is not the run's
            return False
        has_status = os.access(self.paths.status_of(record.folder), os.F_OK)
        if record.status is Status.PENDING:
            return not has_status
        # A person may have removed it; a folder that was lost while its run was executed is the reason of the failure.
        return has_status or is_folder_fault(record.error)

    def name_of(self, folder: str) -> str:
        """Return the name in the config of the run in *folder*; where that cannot be read, the folder's."""
        try:
            return str(self.load_config(folder)["name"])
        except (DamagedFileError, KeyError):
            return folder


def _make_again(root: Path, shape: tuple[int, ...], axes: Mapping[str, Sequence[Any]], cells: Sequence[str]) -> Batch:
    return Batch(root, shape=shape, axes=axes, cells=cells)


def _make_batch_folder(experiment_dir: Path) -> Path:
    experiment_dir.mkdir(parents=True, exist_ok=True)
    from datetime import datetime

    now = datetime.now()  # noqa: DTZ005 — the folder bears the local time, as a person reads it
    serial = 1
    while True:
        root = experiment_dir / layout.format_timestamp(now, serial)
        try:
            root.mkdir()
        except FileExistsError:
            serial += 1
        else:
            return root


def _checked_folder(folder: str) -> str:
    """Return *folder*, a plain name: anything else would lead out of the batch."""
    is_plain = isinstance(folder, str) and folder not in {"", ".", ".."} and "/" not in folder
    if not is_plain or (sys.platform == "win32" and os.path.basename(folder) != folder):
        raise ValueError(f"{folder!r} is not the name of a run folder")
    return folder


def _unwritable(folder: Path, error: OSError) -> OutputError:
    reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or str(error)
    return OutputError(
        f"cannot write to the output folder {os.fspath(folder)!r}: {reason}; "
        f"choose another with output_dir (--output-dir)"
    )
