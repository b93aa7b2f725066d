"""Stopping a script by a signal: exit status, what is printed, what is left, and how it goes on."""

from __future__ import annotations

import re
import shlex
import signal
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import WAIT_S, statuses
from support.processes import is_alive
from support.waiting import wait_until_read

if TYPE_CHECKING:
    import subprocess

    from e2e.support_project import Project

SCRIPT = """
import os
import time
from pathlib import Path
import pyexp

@pyexp.experiment(stash=False, jobs=1)
def experiment(config):
    if config.name == "slow" and not Path("be-quick").exists():
        Path("started").write_text(str(os.getpid()))
        time.sleep(120)
    return config.name

@experiment.configs
def configs():
    return [{"name": "quick"}, {"name": "slow"}, {"name": "last"}]

@experiment.report
def report(results):
    print(*[r.result for r in results])

if __name__ == "__main__":
    experiment.run()
"""


def stop(project: Project, script: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    wait_until_read(project.root / "started")
    script.send_signal(number)
    output, errors = script.communicate(timeout=WAIT_S)
    return script.returncode, output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_in_order_and_prints_the_command_that_continues(project: Project, number: signal.Signals):
    project.write("main.py", SCRIPT)
    code, output, errors = stop(project, project.start("main.py", "--executor", "fork"), number)
    assert code == 128 + number
    assert output == ""  # no report of what was stopped
    batch = project.batch("experiment")
    assert statuses(batch) == {"quick": "passed", "slow": "interrupted", "last": "pending"}
    assert not is_alive(int((project.root / "started").read_text()))
    told, command = errors.splitlines()[-2:]
    assert told == f"stopped by {number.name}; what has not passed is run by:"
    assert re.fullmatch(rf"  python\S* main.py --executor fork --continue={batch.name}", command)
    assert "Traceback" not in errors

    (project.root / "be-quick").touch()
    done = project.python(*shlex.split(command)[1:])
    assert done.stdout == "quick slow last\n"
    assert "2 passed, 1 passed before" in done.stderr


@pytest.mark.parametrize(("file", "module"), [("pkg/train.py", "pkg.train"), ("pkg/__main__.py", "pkg")])
def test_a_module_is_continued_as_it_was_started(project: Project, file: str, module: str):
    project.write("pkg/__init__.py", "")
    project.write("pkg/names.py", 'SLOW = "slow"')
    project.write(file, f"from .names import SLOW\n{SCRIPT}")
    _, _, errors = stop(project, project.start("-m", module, "--executor", "fork"), signal.SIGINT)
    batch = project.batch("experiment", out="pkg/out")
    command = errors.splitlines()[-1]
    assert re.fullmatch(rf"  python\S* -m {module} --executor fork --continue={batch.name}", command)

    (project.root / "be-quick").touch()
    assert project.python(*shlex.split(command)[1:]).stdout == "quick slow last\n"
    wrong = project.python("-m", module, "--jbos", "1", status=2).stderr
    assert re.match(
        rf"python\S* -m {module}: error: .*\(did you mean --jobs\? see python\S* -m {module} --help\)", wrong
    )
    assert project.python("-m", module, "--help").stdout.startswith("usage: python")


def test_a_program_that_another_starts_is_continued_by_its_path(project: Project):
    project.write("main.py", SCRIPT)
    script = project.start("-m", "cProfile", "-o", "profile", "main.py", "--executor", "fork")
    _, _, errors = stop(project, script, signal.SIGINT)
    assert re.fullmatch(r"  python\S* main.py --executor fork --continue=\S+", errors.splitlines()[-1])


@pytest.mark.parametrize("executor", ["subprocess", "inline"])
def test_an_interrupt_is_130_on_every_executor(project: Project, executor: str):
    project.write("main.py", SCRIPT)
    code, _, errors = stop(project, project.start("main.py", "--executor", executor), signal.SIGINT)
    assert code == 130
    assert "Traceback" not in errors
    assert statuses(project.batch("experiment")) == {"quick": "passed", "slow": "interrupted", "last": "pending"}


def test_the_library_raises_keyboard_interrupt(project: Project):
    project.write("library.py", SCRIPT.replace('if __name__ == "__main__":\n    ', "def go():\n    "))
    program = """
import library
try:
    library.go()
except KeyboardInterrupt:
    print("cleaned up")
"""
    code, output, _ = stop(project, project.start("-c", program), signal.SIGINT)
    assert (code, output) == (0, "cleaned up\n")
    assert statuses(project.batch("experiment"))["slow"] == "interrupted"
