"""The viewer beside a batch: started before the runs, and served on after a script's report."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyexp.runner.settings import Settings
    from pyexp.store.batch import Batch
    from pyexp.viewer.launch.background import Viewer

_LOOK_S = 0.2


class Watch:
    """The viewer of an experiment, if it has one.

    Attributes:
        viewer: The running viewer.
    """

    def __init__(self) -> None:
        self.viewer: Viewer | None = None

    def start(self, batch: Batch, settings: Settings) -> None:
        """Start a viewer for the experiment of *batch* if *settings* ask for one, and print its address.

        Raises:
            MissingExtraError: The extra ``viewer`` is not installed.
            ViewerError: It could not be started.
        """
        if not settings.viewer:
            return
        from pyexp.viewer.launch.background import start_viewer

        if self.viewer is not None:
            self.viewer.stop()
        self.viewer = start_viewer(batch.paths.root.parent, port=settings.viewer_port)
        self._say(f"viewer: {self.viewer.url}")

    def serve_on(self) -> None:
        """Wait until Ctrl-C, or until the viewer ends; then end it."""
        if self.viewer is None:
            return
        if self.viewer.is_running:
            self._say(f"viewer: {self.viewer.url} (Ctrl-C ends it)")
        try:
            while self.viewer.is_running:
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            pass
        finally:
            self.viewer.stop()

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 — a person opens it
