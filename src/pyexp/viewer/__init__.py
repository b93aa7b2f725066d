"""The live viewer: a local web server that shows runs while they are being logged.

Owns the server and its page; does not know how runs are executed. Importing this package imports nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from pyexp.viewer.launch.background import Viewer, start_viewer

__all__ = ["Viewer", "run", "show", "start_viewer"]


def run(dir: str | os.PathLike[str], port: int = 8765) -> None:  # noqa: A002 — the user's own name for it
    """Serve the viewer for the runs below *dir* until Ctrl-C; prints the address to open.

    Args:
        dir: An output folder, an experiment, a batch, a run, or any folder with logs below it; it may come later.
        port: Port on 127.0.0.1.

    Raises:
        NotADirectoryError: It is a file.
        ViewerError: The port is taken.
        MissingExtraError: The extra ``viewer`` is not installed.
    """
    from pyexp.viewer.launch.foreground import run_viewer

    run_viewer(dir, port=port)


def show(dir: str | os.PathLike[str], height: int = 720) -> None:  # noqa: A002 — as in `run`
    """Show the viewer for the runs below *dir* in this notebook cell; it runs until the kernel ends.

    The cell's output enters with a ticket that is good once and for a minute: a saved notebook holds no token, and says
    to run the cell again. Where the browser is on another machine, the cell says the address to open on this one.

    Args:
        dir: An output folder, an experiment, a batch, a run, or any folder with logs below it; it may come later.
        height: Height of the frame in pixels.

    Raises:
        NotADirectoryError: It is a file.
        ViewerError: The viewer could not be started.
        MissingExtraError: The extra ``viewer`` is not installed, or this is not a notebook.
    """
    from pyexp.viewer.launch.notebook import show_in_cell

    show_in_cell(dir, height)


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name in {"Viewer", "start_viewer"}:
            from pyexp.viewer.launch import background

            return getattr(background, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
