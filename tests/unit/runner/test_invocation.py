from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, pyexp
runner = pyexp.ExperimentRunner(len, name="lab", output_dir=sys.argv[1])
runner.run(argv=[], configs=[{"x": 1}], executor="inline", stash=False, quiet=True) if sys.argv[2] == "run" else None
runner.run(argv=["--list"]) if sys.argv[2] == "list" else None
print(sorted({"anyio", "asyncio", "ssl", "pyexp.scheduler.dispatch"} & set(sys.modules)), file=sys.stderr)
"""


def loaded(folder, what):
    command = [sys.executable, "-c", PROGRAM, folder, what]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


@pytest.mark.slow
def test_a_list_of_batches_loads_nothing_that_executes_runs(tmp_path):
    assert "asyncio" in loaded(tmp_path, "run").stderr
    listed = loaded(tmp_path, "list")
    assert listed.stdout.splitlines()[1].split()[1:3] == ["1", "passed"]
    assert listed.stderr == "[]\n"
