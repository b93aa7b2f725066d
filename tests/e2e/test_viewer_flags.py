"""A script that shows its runs in the browser: the address comes first, the page stays after the report until Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import WAIT_S

if TYPE_CHECKING:
    import subprocess

    from e2e.support_project import Project

SCRIPT = """
import pyexp

@pyexp.experiment(executor="inline", stash=False)
def experiment(config):
    return config.name

experiment.run(configs=lambda: [{"name": "a"}], report=lambda results: print("reported", flush=True))
"""


def lines_until(script: subprocess.Popen[str], last: str) -> list[str]:
    """What the script writes to standard error, up to the line that contains *last*."""
    assert script.stderr is not None
    lines = []
    for line in script.stderr:
        lines.append(line.rstrip("\n"))
        if last in line:
            return lines
    raise AssertionError(f"{last!r} never came: {lines}")


@pytest.mark.parametrize("is_taken", [False, True], ids=["free-port", "taken-port"])
def test_the_viewer_runs_beside_and_after(project: Project, *, is_taken: bool):
    project.write("main.py", SCRIPT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        wanted = probe.getsockname()[1]
        if is_taken:
            probe.listen()
        else:
            probe.close()
        script = project.start("main.py", "--viewer", "--viewer-port", str(wanted))
        lines = lines_until(script, "Ctrl-C ends it")
    match = re.fullmatch(r"viewer: (http://127\.0\.0\.1:(\d+)/)#\S+", lines[0])
    assert match, lines
    assert (int(match[2]) == wanted) is not is_taken
    assert lines[1].startswith("experiment: 1 run in ")
    with urllib.request.urlopen(match[1], timeout=WAIT_S) as page:
        assert page.status == 200
    script.send_signal(signal.SIGINT)
    output, _ = script.communicate(timeout=WAIT_S)
    assert (script.returncode, output) == (0, "reported\n")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(match[2]))) != 0
