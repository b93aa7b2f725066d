"""F9: whichever of the standard streams are closed, a run's output is in its log and its result is there."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest

from support.scripts import SOURCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors of POSIX")

CLOSED = [closed for count in range(4) for closed in itertools.combinations(range(3), count)]


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_f9_output_arrives_whichever_streams_are_closed(script, executor):
    program = script.write("""
import os, subprocess, sys

@pyexp.experiment(name="exp", stash=False)
def exp(config):
    os.write(1, b"by descriptor\\n")
    print("printed", flush=True)
    os.write(2, b"error\\n")
    return [os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev, 1]

exp.configs(lambda: [{"name": "a"}])
exp.report(lambda results: None)
""")
    for closed in CLOSED:
        redirections = " ".join(f"{number}{'<' if number == 0 else '>'}&-" for number in closed)
        command = f'exec "{sys.executable}" "{program.path}" --executor {executor} {redirections}'
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            cwd=program.folder,
            env=os.environ | {"PYTHONPATH": SOURCE},
            check=False,
        )
        assert done.returncode == 0, (closed, done.stderr)
        (run,) = program.runs()
        log = (run / "log.out").read_text()
        wanted = ["printed"] if executor == "inline" else ["by descriptor", "printed", "error"]
        assert [line for line in wanted if line not in log] == [], (closed, log)
        assert (run / "result.pkl").exists()
