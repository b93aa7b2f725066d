"""The objects that a `SummaryWriter` takes: texts, histograms, pictures, figures, tensors, as the others take them.

Owns their methods' arguments. `log` knows how an object is captured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._loaded import find_loaded
from pyexp.log import capture, figure_of, to_array
from pyexp.tensorboard.reading import histograms
from pyexp.tensorboard.writing import pictures
from pyexp.tensorboard.writing.left_out import LeavesOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.tensorboard.writing.run_log import RunLog


class ObjectWriter(LeavesOut):
    """The methods of a `SummaryWriter` for everything but numbers."""

    _log: RunLog

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a text."""
        contents = capture("text", tag, str(text_string))
        self._log.put("text", tag, *contents, step=global_step, walltime=walltime)

    def add_histogram(  # noqa: PLR0917
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: str | int | Sequence[float] = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log how values are distributed.

        Args:
            tag: Its name; `/` makes groups.
            values: Numbers, an array or a tensor.
            global_step: The step.
            bins: Their number or edges, or a rule of `numpy.histogram`; ``tensorflow`` makes 64 equal ones.
            walltime: Seconds since 1970-01-01 UTC; by default now.
            max_bins: Join neighbouring bins until there are at most so many.
        """
        content = histograms.of_values(tag, values, bins, max_bins)
        self._log.put("histogram", tag, content, step=global_step, walltime=walltime)

    def add_histogram_raw(  # noqa: PLR0917
        self,
        tag: str,
        min: float,  # noqa: A002 - their names
        max: float,  # noqa: A002
        num: float,  # noqa: ARG002 - follows from the counts
        sum: float,  # noqa: A002, ARG002
        sum_squares: float,  # noqa: ARG002
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log a histogram that was counted already: right edges and counts, the least and the greatest value.

        Raises:
            ValueError: There are not as many edges as counts.
        """
        limits, counts = [float(limit) for limit in bucket_limits], [float(count) for count in bucket_counts]
        if len(limits) != len(counts):
            raise ValueError(f"the histogram {tag!r} has {len(limits)} right edges and {len(counts)} counts")
        content = histograms.of_limits(float(min), float(max), limits, counts)
        self._log.put("histogram", tag, content, step=global_step, walltime=walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image, or with ``N`` among the axes a batch of them."""
        if "N" in dataformats.upper():
            img_tensor, dataformats = pictures.arrange(tag, img_tensor, dataformats), "HWC"
        contents = capture("image", tag, img_tensor, dataformats=dataformats.upper())
        self._log.put("image", tag, *contents, step=global_step, walltime=walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch, or a list, of images as one picture, eight in a row.

        Raises:
            ValueError: It does not have the axes of *dataformats*: NCHW, NHWC or NHW; for a list, the N may be missing.
        """
        grid = pictures.arrange(tag, img_tensor, dataformats)
        self._log.put("image", tag, *capture("image", tag, grid), step=global_step, walltime=walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        *arguments: Any,
        **named: Any,
    ) -> None:
        """Log an image with red frames; their labels are not drawn, which is warned about once.

        Args:
            tag: Its name; `/` makes groups.
            img_tensor: The image.
            box_tensor: Left, top, right and bottom of each frame.
            global_step: The step.
            walltime: Seconds since 1970-01-01 UTC; by default now.
            arguments: ``dataformats`` and ``labels`` for tensorboardX, ``rescale`` before them for PyTorch.
            named: The same by name.
        """
        given = next((argument for argument in arguments if isinstance(argument, str)), "CHW")
        pixels = pictures.draw_boxes(tag, img_tensor, box_tensor, named.pop("dataformats", given))
        others = [argument for argument in (*arguments, *named.values()) if not isinstance(argument, str)]
        if any(argument not in (None, 1) for argument in others):
            self._left_out.warn("add_image_with_boxes(labels=…, rescale=…)")
        self._log.put("image", tag, *capture("image", tag, pixels), step=global_step, walltime=walltime)

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
        contents = capture("figure", tag, figure)
        self._log.put("figure", tag, *contents, step=global_step, walltime=walltime, interactive=True)
        pyplot = find_loaded("matplotlib.pyplot", "close")
        if close and pyplot:
            pyplot.close(figure_of(figure))

    def add_tensor(self, tag: str, tensor: Any, global_step: int | None = None, walltime: float | None = None) -> None:
        """Log a tensor as a checkpoint, which `LogReader.load_checkpoint` returns as a NumPy array."""
        contents = capture("checkpoint", tag, to_array(tensor, "logging a tensor"))
        self._log.put("checkpoint", tag, *contents, step=global_step, walltime=walltime)
