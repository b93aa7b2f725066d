"""`SummaryWriter`: the method names that users of tensorboardX and PyTorch type, writing our log.

Owns the run's folder, scalars and hyperparameters; `ObjectWriter` has the objects, and `Logger` does
the writing.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.log import LogReader, capture
from pyexp.tensorboard.reading import run_files
from pyexp.tensorboard.writing.file_writer import FileWriter
from pyexp.tensorboard.writing.object_writer import ObjectWriter
from pyexp.tensorboard.writing.run_log import RunLog, check_local

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from pyexp.log import Content


class SummaryWriter(ObjectWriter):
    """A drop-in for the ``SummaryWriter`` of tensorboardX and of PyTorch, on our log.

    Steps and wall times are kept as given; without a step, each tag counts 0, 1, 2, …. Logging after `close` opens the
    log again. Methods for kinds that our log does not have (graphs, audio, …) only warn once, so that a
    program continues.

    Args:
        logdir: The run's folder; by default ``runs/<date>_<host><comment>``, as with the others.
        comment: Appended to the default folder's name.
        purge_step: Hide what was logged to this folder earlier, at this step and above. A tag that has nothing below
            it is hidden when it is logged again, from there on.
        max_queue: Kept as an attribute: what is logged is in the file within 100 ms.
        flush_secs: The same.
        filename_suffix: The same: a run has one file.
        write_to_disk: Whether to keep anything at all.
        log_dir: Another name of *logdir*.
        comet_config: Settings of another service; not used.
        unknown: Other arguments of tensorboardX; not used.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or is not on this machine.
    """

    def __init__(  # noqa: PLR0917 - in the order in which the others take them
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        comet_config: Mapping[str, Any] | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()
        given = logdir or log_dir
        if given:
            check_local(str(given))
        self._path = Path(given or Path("runs") / f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}")
        self.max_queue, self.flush_secs, self.filename_suffix = max_queue, flush_secs, filename_suffix
        if comet_config and not comet_config.get("disabled"):
            unknown["comet_config"] = comet_config
        for name in unknown:
            self._left_out.warn(f"SummaryWriter({name}=…)")
        self._is_kept = write_to_disk
        self._log = RunLog(self._path, purge_step=purge_step, is_kept=write_to_disk)
        self._file_writer = FileWriter.of_log(self._log, self._left_out)
        self._exported: dict[str, int] = {}  # of each tag of `add_scalars`, how many points
        self._hparams: tuple[Content, ...] | None = None

    @property
    def log_dir(self) -> str:
        """The run's folder."""
        return str(self._path)

    logdir = log_dir

    @property
    def file_writer(self) -> FileWriter | None:
        """The writer of whole messages; None after `close`, as with the others."""
        return self._file_writer if self._log.is_open else None

    @property
    def all_writers(self) -> dict[str, FileWriter] | None:
        """The one `file_writer` by its folder; None after `close`."""
        return {self.log_dir: self._file_writer} if self._log.is_open else None

    def get_logdir(self) -> str:
        """Return the run's folder."""
        return self.log_dir

    def _get_file_writer(self) -> FileWriter:
        """Return the writer of whole messages; private with the others, too, but used by many programs."""
        return self._file_writer

    def add_scalar(  # noqa: PLR0917
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        display_name: str | bool = "",
        summary_description: str | bool = "",
        *,
        new_style: bool = False,  # noqa: ARG002 - how PyTorch stores it: we always store doubles
        double_precision: bool = False,  # noqa: ARG002
    ) -> None:
        """Log a number; see `Logger.add_scalar`."""
        self._log.put_scalar(tag, scalar_value, global_step, walltime)
        if isinstance(display_name, str) and (display_name or summary_description):
            self._left_out.warn("add_scalar(display_name=…, summary_description=…)")

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers as ``main_tag/name``."""
        for name, value in tag_scalar_dict.items():
            tag = f"{main_tag}/{name}"
            self._log.put_scalar(tag, value, global_step, walltime)
            self._exported.setdefault(tag, 0)

    def export_scalars_to_json(self, path: str | os.PathLike[str]) -> None:
        """Write what `add_scalars` logged since the last export: ``{folder/tag: [[time, step, value], …], …}``.

        It is read from the log, not kept in memory; in a folder that was logged to before, earlier points are included.
        """
        self.flush()
        found: dict[str, list[tuple[float, int, float]]] = {}
        if self._is_kept:
            reader = LogReader(self._path)
            for tag, start in self._exported.items():
                series = reader.read_series(tag, start)
                points = list(zip(series.times, series.iterations, series.values, strict=True))
                self._exported[tag] = start + len(points)
                if points:
                    found[f"{self.log_dir}/{tag}"] = points
        with open(path, "w", encoding="utf-8") as file:
            json.dump(found, file)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Any] | str | None = None,
        run_name: str | int | None = None,
        global_step: int | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Log hyperparameters and the metrics reached with them, the metrics as scalars too.

        They are those of this run. With a name they get a run of their own below it, as with the others; so do other
        hyperparameters that are logged later. The arguments may come in either order: after the metrics, tensorboardX
        takes a name and the step, PyTorch discrete domains, a name and the step.
        """
        if isinstance(hparam_domain_discrete, str):
            hparam_domain_discrete, name = None, hparam_domain_discrete
        if isinstance(run_name, str):
            name = name or run_name
        elif run_name is not None:
            global_step = run_name
        if hparam_domain_discrete:
            self._left_out.warn("add_hparams(hparam_domain_discrete=…)")
        found = capture("hparams", "hparams", hparam_dict)
        if not name and self._hparams not in (None, found):
            name = str(time.time())
        if name:
            folder = self._path.joinpath(*map(run_files.visible_name, Path(name).parts))
            with SummaryWriter(folder, write_to_disk=self._is_kept) as below:
                below.add_hparams(hparam_dict, metric_dict, global_step=global_step)
            return
        self._hparams = found
        contents = capture("hparams", "hparams", hparam_dict, metrics=metric_dict)
        self._log.put("hparams", "hparams", *contents, step=global_step)
        for tag, value in metric_dict.items():
            self._log.put_scalar(tag, value, global_step)

    @contextmanager
    def use_metadata(self, *, global_step: int | None = None, walltime: float | None = None) -> Iterator[Self]:
        """Use this step and time for calls in the block without their own."""
        with self._log.defaults(global_step, walltime):
            yield self

    def flush(self) -> None:
        """Wait until everything logged so far is in the file; see `Logger.flush`."""
        self._log.flush()

    def close(self) -> None:
        """Write what is pending and finish the file; logging again opens it again."""
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
