"""What a person sees on a terminal: one bar, the failures as they happen, a summary; and a debugger that works."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import WAIT_S

if TYPE_CHECKING:
    from e2e.support_project import Project

SCRIPT = """
import time
import pyexp

@pyexp.experiment(stash=False, jobs=2)
def experiment(config):
    print("not for the terminal")
    time.sleep(0.2)
    if config.name == "bad":
        raise ValueError("no such thing")
    return config.name

experiment.run(configs=lambda: [{"name": "good"}, {"name": "bad"}, {"name": "late"}], report=lambda results: None)
"""

DEBUGGED = """
import pyexp

@pyexp.experiment(stash=False)
def experiment(config):
    print("captured")
    secret = config.x * 7
    breakpoint()
    return secret

print("result", experiment.run(configs=lambda: [{"name": "a", "x": 6}], report=lambda results: results[0].result))
"""


def on_terminal(project: Project, *arguments: str, typed: str = "", columns: int = 140) -> str:
    """All that the script shows on a terminal, where *typed* is typed."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    os.write(ours, typed.encode())
    with subprocess.Popen(
        [sys.executable, "main.py", *arguments],
        cwd=project.root,
        env=project.environment | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as script:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the terminal is closed by its last user
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
        assert script.wait(WAIT_S) == 0, shown.decode()
    return shown.decode().replace("\r\n", "\n")


def test_a_bar_tells_how_far_what_runs_and_what_failed(project: Project, executor: str):
    project.write("main.py", SCRIPT)
    shown = on_terminal(project, "--executor", executor)
    assert re.search(r"\r *experiment: +0%\|.*\| 0/3 \[", shown)
    assert re.search(r"running (good|bad)", shown)
    assert re.search(r"1 passed, 1 failed", shown)
    assert re.search(
        r"[\r\n]\[\d/3\] failed: bad \(\d\.\d s\)\n  Traceback [^\r]*  ValueError: no such thing\n  its output: ",
        shown,
    )
    assert shown.rstrip().endswith("failed: bad: ValueError: no such thing")
    assert "experiment: 2 passed, 1 failed in " in shown
    assert "not for the terminal" not in shown


def test_plain_lines_on_a_terminal_without_a_width(project: Project):
    project.write("main.py", SCRIPT)
    assert re.search(r"^\[[123]/3\] passed: good ", on_terminal(project, columns=0), re.MULTILINE)


def test_no_bar_where_there_is_no_terminal(project: Project):
    project.write("main.py", SCRIPT)
    errors = project.python("main.py").stderr
    assert "\r" not in errors
    assert re.search(r"^\[[123]/3\] passed: good \(\d\.\d s\)$", errors, re.MULTILINE)


@pytest.mark.parametrize("arguments", [[], ["-s"]])
def test_a_breakpoint_stops_an_inline_run(project: Project, arguments: list[str]):
    project.write("main.py", DEBUGGED)
    shown = on_terminal(project, "--executor", "inline", *arguments, typed="p secret + 1\nc\n")
    assert "(Pdb) " in shown
    assert re.search(r"\b43\n", shown)  # in the frame of the experiment, not in one of ours
    assert "result 42" in shown
    assert ("captured" in shown.split("(Pdb)")[0]) == (arguments == ["-s"])
