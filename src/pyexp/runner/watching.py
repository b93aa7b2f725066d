"""The viewer beside a batch: started before the runs, and served on after a script's report."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from pyexp.viewer.background import Viewer, start_viewer

if TYPE_CHECKING:
    from pyexp.runner.plan import Plan
    from pyexp.runner.settings import Settings


def open_viewer(plan: Plan, settings: Settings, running: Viewer | None) -> Viewer:
    """Start a viewer for the experiment of *plan*, in place of the one *running*, and print its address.

    Raises:
        MissingExtraError: The extra ``viewer`` is not installed.
        ViewerError: It could not be started.
    """
    if running is not None:
        running.stop()
    viewer = start_viewer(plan.batch.paths.root.parent, port=settings.viewer_port)
    print(f"viewer: {viewer.url}", file=sys.stderr, flush=True)  # noqa: T201 — a person opens it
    return viewer


def serve_on(viewer: Viewer) -> None:
    """Wait until Ctrl-C, or until the viewer ends; then end it."""
    print(f"viewer: {viewer.url} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201 — a person opens it
    try:
        while viewer.is_running:
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        viewer.stop()
