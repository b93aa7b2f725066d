"""What is loaded on first use is there for type checkers as well."""

from __future__ import annotations

import pyexp
from pyexp.viewer import Viewer, start_viewer


def serve(folder: str) -> Viewer:
    pyexp.viewer.run(folder, port=0)
    viewer = pyexp.viewer.start_viewer(folder)
    print(viewer.url, pyexp.__version__, pyexp.PyexpError, pyexp.ExperimentsFailedError)
    names: tuple[pyexp.ExecutorName, ...] = ("inline", "subprocess", "fork", "ray")
    print(names)
    return start_viewer(folder)
