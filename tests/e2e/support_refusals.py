"""A script that a test bends, and the one line with which it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from e2e.support_project import Project

SCRIPT = """
import threading
import time
from pathlib import Path
import pyexp

LOCK = threading.Lock()

@pyexp.experiment(stash=False, executor="inline")
def experiment(config):
    {body}

@experiment.configs
def configs():
    return {configs}

if __name__ == "__main__":
    experiment.run()
"""


def write(project: Project, configs: str = '[{"name": "a"}]', body: str = "return config.name") -> None:
    project.write("main.py", SCRIPT.format(configs=configs, body=body))


def refused(project: Project, *arguments: str) -> str:
    """The one line that the script ends with."""
    done = project.python("main.py", *arguments, status=2)
    (line,) = done.stderr.splitlines()
    assert done.stdout == ""
    return line.removeprefix("main.py: error: ")
