"""A logger that writes nothing, for the processes of a run next to the one that logs. Has the methods of `Logger`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.log.logger import Logger

if TYPE_CHECKING:
    import os


class SilentLogger(Logger):
    """Takes every call of a `Logger`, and neither checks nor keeps what it brings."""

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        """Open no file.

        Args:
            log_dir: The run's folder, for `path`.
        """
        self._path = Path(log_dir)

    def _ignore(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    async def aflush(self, timeout_s: float = 0.0) -> None:
        """Do nothing."""

    set_global_it = log = add_scalar = add_scalars = add_text = add_figure = add_checkpoint = add_image = _ignore
    add_histogram = add_table = add_hparams = flush = close = _ignore
