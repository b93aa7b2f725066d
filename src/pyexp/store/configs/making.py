"""Making the folders of new runs: the first ones at once, those of a large batch in threads while its runs work."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

from pyexp._files import write_atomic
from pyexp.config.encoding import encode_config
from pyexp.store.layout import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyexp.store.layout import BatchPaths, RunPaths

AT_ONCE: Final = 1_000
"""How many folders are made before the first run."""

_THREADS: Final = 3


def make_folder(paths: RunPaths, config: Mapping[str, object]) -> None:
    """Make the folder of a run, with its config.

    Raises:
        OSError: It cannot be written.
    """
    try:
        os.mkdir(paths.root)
    except FileExistsError:  # a start that was killed may have made it
        if not paths.root.is_dir():
            raise
    write_atomic(f"{paths.root}{os.sep}{CONFIG}", encode_config({**config, "out": paths.root}))


class FoldersToMake:
    """The folders of a batch that are not made yet.

    Each is made once: one that a person removes later is not made again.
    """

    def __init__(self, paths: BatchPaths, runs: Sequence[tuple[str, Mapping[str, object]]] = ()) -> None:
        self._paths = paths
        self._left = dict(reversed(runs))  # the next one is the last
        self._changed = threading.Condition()
        self._being_made: set[str] = set()
        self._is_stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Make the folders in a few threads from now on."""
        self._is_stopped = False
        count = min(_THREADS, len(self._left))
        self._threads = [threading.Thread(target=self._work, name="pyexp-folders", daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def require(self, folder: str) -> None:
        """Return when *folder* is made, by a thread or now.

        Raises:
            OSError: It cannot be written.
        """
        if self._left or self._being_made:
            with self._changed:
                self._changed.wait_for(lambda: folder not in self._being_made)
            self._make(folder)

    def finish(self) -> None:
        """Wait until all folders are made.

        Raises:
            OSError: One cannot be written.
        """
        for thread in self._threads:
            thread.join()
        for folder in list(self._left):  # the threads gave up
            self._make(folder)

    def stop(self) -> None:
        """Make no more folders: those that are missing are made when the batch is continued."""
        self._is_stopped = True
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._is_stopped and (folder := self._next()) is not None:
            try:
                self._make(folder)
            except OSError:  # raised where the folder is required, or at the end
                return

    def _next(self) -> str | None:
        with self._changed:
            return next(reversed(self._left), None)

    def _make(self, folder: str) -> None:
        """Make *folder* unless it is made, or being made, by another thread."""
        with self._changed:
            if folder not in self._left:
                return
            self._being_made.add(folder)
            config = self._left.pop(folder)
        try:
            make_folder(self._paths.run(folder), config)
        except BaseException:
            with self._changed:
                self._left[folder] = config
            raise
        finally:
            with self._changed:
                self._being_made.discard(folder)
                self._changed.notify_all()
