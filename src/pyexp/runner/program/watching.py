"""The viewer of running experiments: started before the runs, and served on when the program has ended."""

from __future__ import annotations

import atexit
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyexp.runner.settings import Settings
    from pyexp.store.batch import Batch
    from pyexp.viewer.launch.background import Viewer

_LOOK_S = 0.2
_HOST = "127.0.0.1"


class Watch:
    """The viewer of an experiment, if it has one.

    Attributes:
        viewer: The running viewer.
    """

    def __init__(self) -> None:
        self.viewer: Viewer | None = None
        self._folders: frozenset[Path] = frozenset()
        self._expected: frozenset[Path] = frozenset()

    def expect(self, folders: Iterable[Path]) -> None:
        """Show the experiments of *folders* too, from the start of the viewer on."""
        self._expected |= frozenset(folders)

    def start(self, batch: Batch, settings: Settings) -> None:
        """Start a viewer for the experiment of *batch* if *settings* ask for one, and print its address.

        One that runs, and shows the experiment, is kept.

        Raises:
            MissingExtraError: The extra ``viewer`` is not installed.
            ViewerError: It could not be started.
        """
        if not settings.viewer:
            return
        wanted = self._folders | self._expected | {batch.paths.root.parent}
        if self.viewer is not None:
            if self.viewer.is_running and wanted == self._folders:
                return
            self.viewer.stop()
        self.viewer, self._folders = _start(sorted(wanted), settings.viewer_port), wanted
        _say(f"viewer: {self.viewer.url}")

    def serve_on(self) -> None:
        """Wait until Ctrl-C, or until the viewer ends; then end it."""
        if self.viewer is None:
            return
        if self.viewer.is_running:
            _say(f"viewer: {self.viewer.url} (Ctrl-C ends it)")
        try:
            while self.viewer.is_running:
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            pass
        finally:
            self.viewer.stop()


class ProgramWatch(Watch):
    """The one viewer of all experiments of a program."""

    def __init__(self) -> None:
        super().__init__()
        self._is_registered = False
        self._has_failed = False

    def serve_on(self) -> None:
        """Serve on when the program has ended: until Ctrl-C, unless it ended by an error."""
        if self.viewer is not None and not self._is_registered:
            self._is_registered = True
            atexit.register(self._end)

    def fail(self) -> None:
        """Note that the program exits by an error, after which nothing is served."""
        self._has_failed = True

    def _end(self) -> None:
        # A person who gets a prompt (python -i) has had the viewer until now.
        if not (self._has_failed or hasattr(sys, "last_type") or sys.flags.interactive or sys.flags.inspect):
            super().serve_on()


program_watch = ProgramWatch()


def _start(folders: list[Path], port: int) -> Viewer:
    """Start a viewer; each of several folders has the name of its experiment."""
    from pyexp.viewer.launch.background import start_process, start_viewer
    from pyexp.viewer.launch.kept_token import kept_token
    from pyexp.viewer.settings import ViewerSettings, checked_roots

    if len(folders) == 1:
        return start_viewer(folders[0], port=port)
    roots = checked_roots(_named(folders))
    token = kept_token(os.pathsep.join(str(root.path) for root in roots), _HOST)
    return start_process(
        ViewerSettings(root=roots[0].path, roots=roots, host=_HOST, port=port, is_port_fixed=False, token=token)
    )


def _named(folders: list[Path]) -> list[str]:
    """Return ``name=path`` of each folder; where experiments have one name, with their places."""
    names = [folder.name for folder in folders]
    return [
        f"{name if names.count(name) == 1 else os.fspath(folder).strip(os.sep).replace(os.sep, '_')}={folder}"
        for name, folder in zip(names, folders, strict=True)
    ]


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal is gone
        print(text, file=sys.stderr, flush=True)  # noqa: T201 — a person opens it
