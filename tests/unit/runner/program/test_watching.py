"""What is said of the viewer of a start, and when it is waited for."""

from __future__ import annotations

import pytest

from pyexp.runner.program import watching
from pyexp.runner.program.watching import Watch


class StandIn:
    """A viewer that runs for so many looks."""

    url = "http://127.0.0.1:1/"

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.is_stopped = False

    @property
    def is_running(self) -> bool:
        self.looks -= 1
        return self.looks >= 0

    def stop(self) -> None:
        self.is_stopped = True


@pytest.mark.parametrize(("looks", "said"), [(3, "viewer: http://127.0.0.1:1/ (Ctrl-C ends it)\n"), (0, "")])
def test_only_a_viewer_that_runs_is_offered(
    looks: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LOOK_S", 0)
    watch = Watch()
    watch.viewer = viewer = StandIn(looks)  # type: ignore[assignment]
    watch.serve_on()
    assert capsys.readouterr().err == said
    assert viewer.is_stopped
