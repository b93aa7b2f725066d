"""`FileWriter`: the ``file_writer`` of a ``SummaryWriter``. Owns how whole messages get into our log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyexp.log import Item
from pyexp.tensorboard.reading.summaries import EventParser, Scalar, parse_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyexp.tensorboard.reading.summaries import Value
    from pyexp.tensorboard.writing.left_out import LeftOut
    from pyexp.tensorboard.writing.run_log import RunLog


class FileWriter:
    """A writer of ``Event`` and ``Summary`` messages of TensorBoard, tensorboardX or PyTorch; logs what they hold."""

    def __init__(self, log: RunLog, left_out: LeftOut) -> None:
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
