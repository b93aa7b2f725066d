"""`FileWriter`: takes whole messages, alone or as a ``SummaryWriter``'s. Owns how they get into our log."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.log import Item
from pyexp.tensorboard.reading.summaries import EventParser, Scalar, parse_step
from pyexp.tensorboard.writing.left_out import LeftOut
from pyexp.tensorboard.writing.run_log import RunLog, check_local

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from typing import Self

    from pyexp.tensorboard.reading.summaries import Value


class FileWriter:
    """Takes ``Event`` and ``Summary`` messages of TensorBoard, tensorboardX or PyTorch, and logs what they hold.

    Args:
        logdir: The run's folder; made when missing.
        max_queue: Not used: what is logged is in the file within 100 ms.
        flush_secs: Not used.
        filename_suffix: Not used: a run has one file.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or is not on this machine.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue: int = 10,  # noqa: ARG002 - as the others take them
        flush_secs: float = 120,  # noqa: ARG002
        filename_suffix: str = "",  # noqa: ARG002
    ) -> None:
        check_local(str(logdir))
        self._take(RunLog(Path(logdir), purge_step=None, is_kept=True), LeftOut())

    @classmethod
    def of_log(cls, log: RunLog, left_out: LeftOut) -> Self:
        """Return one that shares a log."""
        writer = cls.__new__(cls)
        writer._take(log, left_out)  # noqa: SLF001 - its own
        return writer

    def _take(self, log: RunLog, left_out: LeftOut) -> None:
        self._log = log
        self._left_out = left_out
        self._parser = EventParser()

    def get_logdir(self) -> str:
        """Return the run's folder."""
        return str(self._log.folder)

    def add_event(self, event: Any, step: int | None = None, walltime: float | None = None) -> None:
        """Log what an `Event` holds, at its own step if none is given, and now if no time is."""
        record = event.SerializeToString()
        self._add(self._parser.parse(record).values, step if step is not None else parse_step(record), walltime)

    def add_summary(self, summary: Any, global_step: int | None = None, walltime: float | None = None) -> None:
        """Log what a `Summary`, or its bytes, holds."""
        data = summary if isinstance(summary, bytes) else summary.SerializeToString()
        self._add(self._parser.parse_summary(data), global_step, walltime)

    def add_graph(self, *_: Any, **__: Any) -> None:
        """Do nothing: our log has no graphs. Warns once."""
        self._left_out.warn("add_graph")

    add_onnx_graph = add_openvino_graph = add_graph

    def flush(self) -> None:
        """Wait until everything logged so far is in the file."""
        self._log.flush()

    def close(self) -> None:
        """Write what is pending and finish the file."""
        self._log.close()

    def reopen(self) -> None:
        """Open the log again after a close."""
        self._log.open()

    @contextmanager
    def use_metadata(self, *, global_step: int | None = None, walltime: float | None = None) -> Iterator[FileWriter]:
        """Use this step and time for calls in the block without their own."""
        with self._log.defaults(global_step, walltime):
            yield self

    def _add(self, values: Iterable[Value], step: int | None, walltime: float | None) -> None:
        for value in values:
            if isinstance(value, Scalar):
                self._log.put_scalar(value.tag, value.value, step, walltime)
            elif isinstance(value, Item):
                self._log.put(value.kind, value.tag, *value.contents, step=step, walltime=walltime)
            else:
                self._left_out.warn(f"a summary of the kind {value.kind!r}", depth=2)
