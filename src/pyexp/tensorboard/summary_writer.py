"""`SummaryWriter`: the method names that users of tensorboardX and PyTorch type, writing our log.

Owns the translation of arguments. Everything else is what `Logger` does.
"""

from __future__ import annotations

import socket
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.log import capture, events, images
from pyexp.log.checks import check_path_tag, check_tag, to_float
from pyexp.log.events import Content, Item
from pyexp.log.formats import open_sink
from pyexp.log.writer import Writer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

_NOT_KEPT = frozenset(
    {
        "add_audio",
        "add_custom_scalars",
        "add_custom_scalars_marginchart",
        "add_custom_scalars_multilinechart",
        "add_embedding",
        "add_graph",
        "add_histogram_raw",
        "add_image_with_boxes",
        "add_mesh",
        "add_onnx_graph",
        "add_openvino_graph",
        "add_pr_curve",
        "add_pr_curve_raw",
        "add_tensor",
        "add_video",
    }
)
_BATCH_AXES = 4


class SummaryWriter:
    """A drop-in for the ``SummaryWriter`` of tensorboardX and of PyTorch, on our log.

    Steps and wall times are kept as given; without a step, each tag counts 0, 1, 2, …. Methods for kinds that our log
    does not have (graphs, audio, …) do nothing but warn once, so that a program runs on.

    Args:
        log_dir: The run's folder; by default ``runs/<date>_<host><comment>``, as with the others.
        comment: Appended to the default folder's name.
        kwargs: Whatever else the others take; queues and files are ours.

    Raises:
        LogWriteError: The folder cannot be written.
    """

    def __init__(self, log_dir: str | os.PathLike[str] | None = None, comment: str = "", **kwargs: Any) -> None:
        given = log_dir or kwargs.get("logdir")
        default = Path("runs") / f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}"
        self._path = Path(given) if given else default
        self._writer = Writer(open_sink(self._path, use_protobuf=True))

    @property
    def log_dir(self) -> str:
        """The run's folder."""
        return str(self._path)

    logdir = log_dir

    def get_logdir(self) -> str:
        """Return the run's folder."""
        return str(self._path)

    def add_scalar(
        self, tag: str, scalar_value: Any, global_step: int | None = None, walltime: float | None = None, **_: Any
    ) -> None:
        """Log a number; see `Logger.add_scalar`."""
        self._writer.rows[tag]((_step(global_step), to_float(tag, scalar_value), _time(walltime)))

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers as ``main_tag/name``."""
        for name, value in tag_scalar_dict.items():
            self.add_scalar(f"{main_tag}/{name}", value, global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a text."""
        check_tag(tag)
        content = Content(events.PLAIN, str(text_string).encode("utf-8", "backslashreplace"))
        self._put(events.TEXT, tag, content, step=global_step, walltime=walltime)

    def add_histogram(  # noqa: PLR0917 - in the order in which the others take them
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: str | int = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log how values are distributed; named rules for bins become 64 equal ones."""
        check_path_tag(tag)
        count = bins if isinstance(bins, int) else max_bins or 64
        self._put(events.HISTOGRAM, tag, capture.histogram(tag, values, count), step=global_step, walltime=walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image."""
        check_path_tag(tag)
        self._put(events.IMAGE, tag, images.encode(tag, img_tensor, dataformats), step=global_step, walltime=walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch of images side by side.

        Raises:
            ValueError: It has not four axes, the first of them ``N``.
        """
        numpy = import_extra("numpy", "analysis", "logging a batch of images")
        batch = numpy.asarray(img_tensor.detach().cpu() if hasattr(img_tensor, "detach") else img_tensor)
        if batch.ndim != _BATCH_AXES or not batch.size or dataformats not in ("NCHW", "NHWC"):
            raise ValueError(f"the images {tag!r} have the shape {batch.shape} as {dataformats}; expected NCHW or NHWC")
        row = numpy.concatenate(list(batch), axis=2 if dataformats == "NCHW" else 1)
        self.add_image(tag, row, global_step, walltime, dataformats[1:])

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Log a matplotlib figure, or a list of them as ``tag/0``, ``tag/1``, …; it is closed afterwards."""
        if isinstance(figure, (list, tuple)):
            for number, one in enumerate(figure):
                self.add_figure(f"{tag}/{number}", one, global_step, close, walltime)
            return
        check_path_tag(tag)
        contents = capture.figure(tag, figure, preview=True)
        self._put(events.FIGURE, tag, *contents, step=global_step, walltime=walltime, interactive=True)
        pyplot = sys.modules.get("matplotlib.pyplot")
        if close and pyplot is not None:
            pyplot.close(figure)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        *_: Any,
        global_step: int | None = None,
        **__: Any,
    ) -> None:
        """Log hyperparameters and the metrics reached with them, the metrics as scalars too."""
        self._put(events.HPARAMS, "hparams", capture.hparams(hparam_dict, metric_dict), step=global_step)
        for tag, value in metric_dict.items():
            self.add_scalar(tag, value, global_step)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in _NOT_KEPT:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

        def leave_out(*_: Any, **__: Any) -> None:
            warnings.warn(f"{name} has no counterpart in our log: what is given to it is not kept", stacklevel=2)

        return leave_out

    def flush(self) -> None:
        """Wait until everything logged so far is in the file; see `Logger.flush`."""
        self._writer.flush()

    def close(self) -> None:
        """Write what waits and finish the file."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _put(
        self,
        kind: str,
        tag: str,
        *contents: Content,
        step: int | None,
        walltime: float | None = None,
        interactive: bool = False,
    ) -> None:
        self._writer.put(
            Item(
                kind=kind,
                tag=tag,
                iteration=_step(step),
                time=_time(walltime),
                contents=contents,
                interactive=interactive,
            )
        )


def _step(step: Any) -> int | None:
    """Steps may be whatever is an integer: a Python one, NumPy's, a 0-d tensor."""
    if step is None:
        return None
    number = int(step)
    if not events.MIN_ITERATION <= number <= events.MAX_ITERATION:
        raise ValueError(f"the step {number} does not fit in 64 bits")
    return number


def _time(walltime: float | None) -> float:
    return time.time() if walltime is None else float(walltime)
