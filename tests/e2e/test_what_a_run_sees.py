"""The README's table of what a run sees is what runs see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyexp

if TYPE_CHECKING:
    from e2e.support_project import Project

README = Path(pyexp.__file__).parents[2] / "README.md"

PROGRAM = """
import decimal, logging, os, signal, statistics, sys, warnings
import pyexp

decimal.getcontext().prec = 5
statistics.mean = "changed"
warnings.filterwarnings("ignore", "top")
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
logging.basicConfig(level=logging.INFO, format="top %(message)s")
NAMES = []

def filters():
    return [pattern.pattern for _, pattern, *_ in warnings.filters if hasattr(pattern, "pattern")]

@pyexp.experiment(stash=False)
def experiment(config):
    root = logging.getLogger()
    return {
        "variables": NAMES == ["guarded"],
        "top": (decimal.getcontext().prec == 5 and statistics.mean == "changed" and "top" in filters()
                and signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN),
        "logging": root.level == logging.INFO and any(h.formatter and h.formatter._fmt == "top %(message)s" for h in root.handlers),
        "guarded": (statistics.median == "changed" and "guarded" in filters()
                    and signal.getsignal(signal.SIGUSR2) is signal.SIG_IGN),
        "environment": os.environ.get("TOP") == os.environ.get("GUARDED") == "set",
        "input": os.fstat(0).st_rdev != os.stat(os.devnull).st_rdev,
        "errors": sys.stdout.errors != "backslashreplace",
        "group": os.getpgrp() != os.getpid(),
    }

os.environ["TOP"] = "set"
if __name__ == "__main__":
    NAMES.append("guarded")
    statistics.median = "changed"
    warnings.filterwarnings("ignore", "guarded")
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    os.environ["GUARDED"] = "set"
    executors = ["subprocess", "forkserver", pyexp.SubprocessExecutor(by_value=True), "fork", "inline"]
    reports = []
    for executor in executors:
        experiment.run(configs=[{"name": "a"}], executor=executor, report=lambda results: reports.append(results[0].result))
    print(reports)
"""
ROWS = {
    "variables": "variables of the script, whether its top or its guarded part set them",
    "top": "what the top sets elsewhere: NumPy's seed, warning filters, signal handlers, other modules",
    "logging": "levels and stream formats of the logging that the top sets up",
    "guarded": "what the guarded part sets elsewhere",
    "environment": "environment variables, set anywhere",
    "input": "the script's standard input",
    "errors": "the script's handling of what its output cannot encode (otherwise it is escaped)",
    "group": "the script's process group",
}


def test_the_table_says_what_runs_see(project: Project) -> None:
    project.write("main.py", PROGRAM)
    done = subprocess.run(
        [sys.executable, "main.py"],
        input="",
        capture_output=True,
        text=True,
        cwd=project.root,
        env=project.environment,
        check=True,
    )
    reports = ast.literal_eval(done.stdout.splitlines()[-1])

    table = [
        f"| {label} | " + " | ".join("yes" if report[key] else "no" for report in reports) + " |"
        for key, label in ROWS.items()
    ]
    shown = [line for line in README.read_text().splitlines() if line.startswith("|")]
    assert [line for line in table if line not in shown] == []
