"""What the world can get wrong: full disks, taken ports, values that cannot travel, two owners of one batch."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import WAIT_S, run_folder, statuses
from e2e.support_refusals import refused, write
from support.waiting import wait_until_read

if TYPE_CHECKING:
    from e2e.support_project import Project


def full_disk(project: Project, size: str) -> subprocess.CompletedProcess[str]:
    """Run the script with its output on a file system of that size."""
    (project.root / "full").mkdir()
    command = f'mount -t tmpfs -o size={size} none full && "$0" main.py --output-dir full; code=$?; cp -r full kept; exit $code'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command, sys.executable],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"needs user namespaces: {done.stderr.strip()}")
    assert "Traceback" not in done.stderr
    return done


def test_disk_full_before_anything_runs(project: Project):
    write(project)
    done = full_disk(project, "8k")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"main.py: error: cannot write to the output folder '{project.root}/full/experiment/")
    assert line.endswith("': the disk is full; choose another with output_dir (--output-dir)")


def test_disk_full_while_running_fails_what_has_no_room_and_loses_nothing(project: Project):
    write(project, '[{"name": "small", "n": 1}, {"name": "large", "n": 500_000}]', 'return "x" * config.n')
    done = full_disk(project, "300k")
    assert done.returncode == 0
    assert "failed: large: " in done.stderr
    assert "No space left on device" in done.stderr
    (batch,) = (project.root / "kept" / "experiment").iterdir()
    assert statuses(batch) == {"small": "passed", "large": "failed"}
    project.python("main.py", "--output-dir", "kept", "--continue")
    assert statuses(batch) == {"small": "passed", "large": "passed"}


def test_a_result_that_cannot_be_pickled(project: Project, executor: str):
    write(project, '[{"name": "a"}, {"name": "b"}]', 'return {"model": [1, LOCK]} if config.name == "a" else 2')
    done = project.python("main.py", "--executor", executor)
    assert "failed: a: UnpicklableError: the result cannot be pickled: result['model'][1] is a lock" in done.stderr
    assert "Traceback" not in done.stderr
    batch = project.batch("experiment")
    assert statuses(batch) == {"a": "failed", "b": "passed"}
    assert not list(run_folder(batch, "a").glob("*.pkl"))


def test_a_function_that_cannot_be_pickled(project: Project):
    write(project, body="return next(NUMBERS)")
    text = (project.root / "main.py").read_text()
    (project.root / "main.py").write_text(
        text.replace("LOCK = ", "NUMBERS = (n for n in range(3))\nLOCK = ").replace(
            'if __name__ == "__main__":', "if LOCK:"
        )
    )
    done = project.python("main.py", "--executor", "subprocess", status=2)
    assert done.stderr.splitlines()[-1] == (
        "main.py: error: the experiment cannot be sent to another process: the global 'NUMBERS' is a generator, which "
        "cannot be pickled (TypeError: cannot pickle 'generator' object); make it inside the function, or run with "
        "executor='inline' or 'fork'"
    )
    assert "Traceback" not in done.stderr
    project.python("main.py", "--executor", "fork", "--continue")
    assert statuses(project.batch("experiment")) == {"a": "passed"}


def test_continue_on_a_live_batch(project: Project):
    body = 'Path("started").write_text("x")\n    while not Path("go").exists():\n        time.sleep(0.01)'
    write(project, body=body)
    owner = project.start("main.py")
    wait_until_read(project.root / "started")
    line = refused(project, "--continue")
    (project.root / "go").touch()
    owner.communicate(timeout=WAIT_S)
    batch = project.batch("experiment")
    assert line == (
        f"the batch {batch.name!r} is being worked on by process {owner.pid} on {socket.gethostname()}: wait until "
        f"it exits or terminate it, then continue"
    )
    assert (owner.returncode, statuses(batch)) == (0, {"a": "passed"})


def test_the_port_of_a_viewer_is_taken(project: Project):
    write(project)
    project.python("main.py")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "pyexp.viewer", "out", "--port", str(port)],
            cwd=project.root,
            env=project.environment | {"PYTHONUNBUFFERED": "1"},
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"pyexp: the viewer cannot listen on port {port}: address already in use")
    assert line.endswith("choose another one with --port, or end what uses it")
