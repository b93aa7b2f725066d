"""`Logger`: what users call. Owns the checks of each call and captures values at once; the writer does the rest.

`add_scalar` and `set_global_it` are closures made per logger, because they are called millions of times: each is one
lookup, one tuple, one append. The logger lives as long as it or its `add_scalar` is referenced.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from pyexp.errors import UnpicklableError
from pyexp.log import kinds
from pyexp.log.call.checks import check_file_tag, check_path_tag, check_tag, to_bool, to_float, to_iteration
from pyexp.log.formats import open_sink
from pyexp.log.queue.writer import TIMEOUT_S, Writer
from pyexp.log.values.events import Item

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Never, Self, SupportsFloat, SupportsIndex

    from pyexp.log.kinds import Kind
    from pyexp.log.queue.buffers import Rows

_LARGEST_DIGIT = (1 << 30) - 1  # of Python's integers: those of one are compared in half the time


class Logger:
    """Writes scalars, texts, figures, checkpoints and more into a run's folder, from any thread, without waiting.

    What is logged is in the file within 100 ms. An object is captured at the call, so changing it later changes no
    record. It stands at the *step* of the call; without one, at that of `set_global_it`; and while that was not called,
    each tag counts its own values 0, 1, 2, …. A step holds for its call only. Opening a folder that was
    logged to before starts a new attempt: readers hide, per tag, earlier points at or above its first iteration.

    A failing disk surfaces as `LogWriteError` at the next call, once; what is pending is kept and tried again.

    Args:
        log_dir: The run's folder; made when missing.
        use_protobuf: Write one ``events.pb``; otherwise JSON lines and one file per object, for people to read.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: The folder holds a log of the other format.
    """

    def __init__(self, log_dir: str | os.PathLike[str], use_protobuf: bool = True) -> None:
        self._path = Path(log_dir)
        self._writer = writer = Writer(open_sink(self._path, use_protobuf=use_protobuf))
        self._iteration, self._set_global_it, self._add_scalar = _make_hot_path(writer.rows)
        for name in ("set_global_it", "add_scalar"):
            if getattr(type(self), name) is getattr(Logger, name):  # no subclass has its own
                vars(self)[name] = vars(self)[f"_{name}"]  # in front of the method below
        finalizer = weakref.finalize(self._add_scalar, writer.abandon)
        finalizer.atexit = False  # at exit the writer is closed and waited for

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._path

    def set_global_it(self, it: int) -> None:
        """Set the iteration under which everything is logged from now on.

        Raises:
            TypeError: *it* is not an integer.
            ValueError: It does not fit in 64 bits.
        """
        self._set_global_it(it)

    def log(self, values: Mapping[str, SupportsFloat], *, step: SupportsIndex | None = None) -> None:
        """Log several scalars at once: ``logger.log({"loss": loss, "accuracy": acc}, step=it)``; see `add_scalars`."""
        self.add_scalars(values, step=step)

    def add_scalar(self, tag: str, value: SupportsFloat, step: SupportsIndex | None = None) -> None:
        """Log a number, or anything with ``__float__`` such as an array or tensor of one number; nan and inf included.

        Raises:
            TypeError: *value* is not a number (strings are not), *tag* is not a string, or *step* is not an integer.
            ValueError: *step* does not fit in 64 bits.
            LogWriteError: An earlier write failed.
            LogError: The logger is closed.
        """
        self._add_scalar(tag, value, step)

    def add_scalars(self, values: Mapping[str, SupportsFloat], *, step: SupportsIndex | None = None) -> None:
        """Log several scalars, given as a mapping of tag to value. A bad one among them logs none; see `add_scalar`."""
        if not hasattr(values, "items"):
            raise TypeError(f"several scalars are given as a mapping of tag to value; found {values!r:.100}")
        at = () if step is None else (to_iteration(step, "the step"),)
        numbers = {tag: to_float(tag, value) for tag, value in values.items()}
        for tag in numbers:
            check_tag(tag)
        for tag, number in numbers.items():
            self.add_scalar(tag, number, *at)

    def add_text(self, tag: str, text: str, *, step: SupportsIndex | None = None) -> None:
        """Log a text.

        Raises:
            TypeError: *text* is not a string.
        """
        check_tag(tag)
        self._put(kinds.TEXT, tag, text, step=step)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        interactive: bool = True,
        *,
        preview: bool = True,
        step: SupportsIndex | None = None,
    ) -> None:
        """Log a matplotlib or plotly figure as it is now.

        Args:
            tag: Its name; `/` makes groups.
            figure: A matplotlib figure, kept as a pickle and a picture, or a plotly one, kept as JSON; or what
                belongs to one: axes, artists, a grid of seaborn.
            interactive: Show it live in the viewer, not only as a picture.
            preview: Also draw a matplotlib figure, at 100 dots per inch and at most 2,000 pixels, as the picture that
                lists show. That is most of what the call takes; without, the viewer draws it when it is looked at.
            step: The iteration, instead of that of `set_global_it`.

        Raises:
            TypeError: It is neither a figure nor part of one, or cannot be pickled; or *interactive* is a number.
            ValueError: *tag* would leave the run's folder.
        """
        check_path_tag(tag)
        interactive = to_bool("interactive", interactive)
        self._put(kinds.FIGURE, tag, figure, step=step, interactive=interactive, preview=preview)

    def add_checkpoint(self, tag: str, obj: Any, *, step: SupportsIndex | None = None) -> None:
        """Log any object that can be pickled, as it is now.

        Raises:
            TypeError: It cannot be pickled.
            ValueError: *tag* would leave the run's folder.
        """
        check_path_tag(tag)
        self._put(kinds.CHECKPOINT, tag, obj, step=step)

    def add_image(
        self, tag: str, image: Any, *, dataformats: str | None = None, step: SupportsIndex | None = None
    ) -> None:
        """Log an image: an array or tensor, a PIL image, or the path of a file.

        Args:
            tag: Its name; `/` makes groups.
            image: The image. Numbers are 0…1 as floats, 0…65535 as uint16, else 0…255; what is out of range is cut off
                with a warning.
            dataformats: Order of the axes of an array: ``HWC``, ``CHW``, ``HW``, ``WHC``, ``CWH`` or ``WH``; by default
                ``HWC``, or ``CHW`` where only that has 1 to 4 channels. Without channels, an array is ``HW`` or ``WH``.
            step: The iteration, instead of that of `set_global_it`.

        Raises:
            TypeError: It is none of these.
            ValueError: Its shape is not one of an image, or *tag* is too long for a file name.
        """
        check_file_tag(tag)
        self._put(kinds.IMAGE, tag, image, step=step, dataformats=dataformats)

    def add_histogram(self, tag: str, values: Any, *, bins: int = 64, step: SupportsIndex | None = None) -> None:
        """Log how *values* (numbers, an array or a tensor) fall into *bins* equal bins; nan and inf are left out."""
        check_file_tag(tag)
        self._put(kinds.HISTOGRAM, tag, values, step=step, bins=bins)

    def add_table(self, tag: str, table: Any, *, step: SupportsIndex | None = None) -> None:
        """Log a table: a DataFrame, a mapping of column to values, or a list of mappings, one per row."""
        check_file_tag(tag)
        self._put(kinds.TABLE, tag, table, step=step)

    def add_hparams(
        self,
        hparams: Mapping[str, Any],
        metrics: Mapping[str, Any] | None = None,
        *,
        step: SupportsIndex | None = None,
    ) -> None:
        """Log the hyperparameters of the run and, where given, the metrics that it reached."""
        self._put(kinds.HPARAMS, "hparams", hparams, step=step, metrics=metrics)

    def flush(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until everything logged so far is in the file.

        Raises:
            LogWriteError: It could not be written, or not within *timeout_s*; what is pending is kept and tried again.
        """
        self._writer.flush(timeout_s)

    async def aflush(self, timeout_s: float = TIMEOUT_S) -> None:
        """`flush` without blocking the event loop. Cancelling it stops the waiting, not the writing."""
        import anyio.to_thread

        await anyio.to_thread.run_sync(self.flush, timeout_s, abandon_on_cancel=True)

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Write what is pending, finish the file and make it small where that is worth it; closing again does nothing.

        Takes as long as there is progress, and gives up after *timeout_s* without.

        Raises:
            LogWriteError: Some events could not be written.
        """
        self._writer.close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Logger({str(self._path)!r})"

    def __reduce__(self) -> Never:
        raise UnpicklableError(
            f"{self!r} can be neither copied nor sent to another process: share it, or open a Logger there, on a "
            "folder of its own"
        )

    def _put(
        self,
        kind: Kind,
        tag: str,
        value: Any,
        *,
        step: SupportsIndex | None,
        interactive: bool = False,
        **options: Any,
    ) -> None:
        iteration = self._iteration() if step is None else to_iteration(step, f"the step of {tag!r}")
        contents = kinds.capture(kind.name, tag, value, **options)
        self._writer.put(
            Item(
                kind=kind.name,
                tag=tag,
                iteration=iteration,
                time=time(),
                contents=contents,
                interactive=interactive,
            )
        )


def _make_hot_path(
    rows: Rows,
) -> tuple[Callable[[], int | None], Callable[[int], None], Callable[..., None]]:
    """Return the three closures over the current iteration: read it, set it, log a scalar under it."""
    it: int | None = None
    direct = rows.direct
    low, high = -_LARGEST_DIGIT, _LARGEST_DIGIT

    def iteration() -> int | None:
        return it

    def set_global_it(value: int) -> None:
        nonlocal it
        if value.__class__ is not int or value > high or value < low:
            value = to_iteration(value)
        it = value

    def add_scalar(tag: str, value: Any, step: Any = None) -> None:
        if value.__class__ is not float:
            value = to_float(tag, value)
        if step is None:
            step = it
        elif step.__class__ is not int or step > high or step < low:
            step = to_iteration(step, f"the step of {tag!r}")
        try:
            direct[tag]((step, value, time()))
        except (KeyError, TypeError):  # not seen yet, or not a tag
            pass
        else:
            return
        rows[tag]((step, value, time()))  # out of the handler: an error from here has no KeyError behind it

    return iteration, set_global_it, add_scalar
