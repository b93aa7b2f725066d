"""`GlobalSummaryWriter` of tensorboardX: one writer for all modules and forked processes; it counts the steps itself.

Owns the shared counting and the one instance. What is logged, and how, is the `SummaryWriter`'s.
"""

from __future__ import annotations

import mmap
import multiprocessing
import zlib
from typing import TYPE_CHECKING, Any

from pyexp.tensorboard.writing.summary_writer import SummaryWriter

if TYPE_CHECKING:
    import os

    from pyexp.tensorboard.writing.file_writer import FileWriter

_SLOTS = 1 << 20  # memory is taken only for those that are used
_SLOT_BYTES = 8
_PATIENCE_S = 1.0  # with a process that was killed while it counted


class GlobalSummaryWriter:
    """A drop-in for tensorboardX's: methods take no step, and forked processes count each tag together.

    The arguments are those of `SummaryWriter`.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or is not on this machine.
    """

    _shared: GlobalSummaryWriter | None = None

    def __init__(  # noqa: PLR0917 - in the order in which theirs takes them
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        coalesce_process: bool = True,  # noqa: ARG002 - it has no effect with theirs either
        **unknown: Any,
    ) -> None:
        self.smw = SummaryWriter(
            logdir, comment, purge_step, max_queue, flush_secs, filename_suffix, write_to_disk, log_dir, **unknown
        )
        self._steps = _SharedSteps()

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:  # noqa: N802 - their name
        """Return the one writer of this program, made at the first call."""
        if GlobalSummaryWriter._shared is None:
            GlobalSummaryWriter._shared = GlobalSummaryWriter()
        return GlobalSummaryWriter._shared

    @property
    def file_writer(self) -> FileWriter:
        """What takes whole messages."""
        return self.smw._get_file_writer()  # noqa: SLF001 - public with theirs, by this name

    def add_scalar(self, tag: str, scalar_value: Any, walltime: float | None = None) -> None:
        """Log a number at the tag's next step."""
        self.smw.add_scalar(tag, scalar_value, self._steps.take("scalar", tag), walltime)

    def add_image(self, tag: str, img_tensor: Any, walltime: float | None = None, dataformats: str = "CHW") -> None:
        """Log an image at the tag's next step."""
        self.smw.add_image(tag, img_tensor, self._steps.take("image", tag), walltime, dataformats)

    def add_text(self, tag: str, text_string: str, walltime: float | None = None) -> None:
        """Log a text at the tag's next step."""
        self.smw.add_text(tag, text_string, self._steps.take("text", tag), walltime)

    def close(self) -> None:
        """Write what is pending and finish the file."""
        self.smw.close()


class _SharedSteps:
    """Counts kinds of tags 0, 1, 2, … in memory that forked processes share.

    Tags are distinguished by a checksum: in the rare case that two have the same, they share their steps.
    """

    def __init__(self) -> None:
        self._counts = mmap.mmap(-1, _SLOTS * _SLOT_BYTES)
        self._lock = multiprocessing.Lock()

    def take(self, kind: str, tag: str) -> int:
        at = zlib.crc32(f"{kind}/{tag}".encode("utf-8", "backslashreplace")) % _SLOTS * _SLOT_BYTES
        is_locked = self._lock.acquire(timeout=_PATIENCE_S)
        try:
            step = int.from_bytes(self._counts[at : at + _SLOT_BYTES], "little")
            self._counts[at : at + _SLOT_BYTES] = (step + 1).to_bytes(_SLOT_BYTES, "little")
        finally:
            if is_locked:
                self._lock.release()
        return step
