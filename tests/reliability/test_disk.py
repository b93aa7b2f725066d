"""The disk is full, or may not be written."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

import pytest

from support.scripts import SOURCE
from support.waiting import wait_until

FILLING = """
@pyexp.experiment(jobs=2, output_dir=HERE / "disk" / "out")
def exp(config):
    if config.x == 1 and not os.environ.get("ROOM"):
        with (config.out / "artifact").open("wb") as file:
            file.write(bytes(16 << 20))
    return config.x, bytes(2000)

exp.configs(lambda: [{"x": x} for x in range(4)])
"""

# Runs inside a user namespace of its own, where it may mount a disk of 1 MB over the folder "disk".
DRIVER = """
import glob, json, os, subprocess, sys, time
script, *flags = sys.argv[1:]
disk = os.path.join(os.path.dirname(script), "disk")
os.mkdir(disk)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=True)
def run(*more, **env):
    started = time.monotonic()
    done = subprocess.run([sys.executable, script, "--no-stash", *flags, *more], env=os.environ | env,
                          capture_output=True, text=True, timeout=60)
    return {"code": done.returncode, "err": done.stderr, "seconds": time.monotonic() - started}
def read(pattern):
    return [json.loads(open(path).read()) for path in sorted(glob.glob(disk + "/out/exp/*/" + pattern))]
told = {"full": run()}
told["configs"], told["statuses"] = len(read("*/config.json")), len(read("*/status.json"))
told["left"] = glob.glob(disk + "/out/exp/**/.*.tmp", recursive=True)
for artifact in glob.glob(disk + "/out/exp/*/*/artifact"):
    os.unlink(artifact)
told["room"] = run("--continue", ROOM="1")
told["after"] = [status["status"] for status in read("*/status.json")]
print(json.dumps(told))
"""


def may_mount() -> bool:
    return subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_r10_disk_full(script, executor):
    if not may_mount():
        pytest.skip("user namespaces are not allowed here")
    script.write(FILLING)

    done = subprocess.run(
        ["unshare", "-Urm", sys.executable, "-c", DRIVER, str(script.path), "--executor", executor],
        env=os.environ | {"PYTHONPATH": SOURCE, "PYEXP_TEST_MARK": script.mark},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "No space left on device" in told["full"]["err"] or "the disk is full" in told["full"]["err"]
    assert "ExceptionGroup" not in told["full"]["err"]
    assert told["full"]["seconds"] < 30
    assert told["configs"] == 4
    assert told["left"] == []
    assert told["room"]["code"] == 0, told["room"]["err"]
    assert told["after"] == ["passed"] * 4


def test_r10_no_room_for_a_batch(script):
    if not may_mount():
        pytest.skip("user namespaces are not allowed here")
    script.write(FILLING)
    fill = (
        'mkdir "$1" && mount -t tmpfs -o size=64k,nr_inodes=9 none "$1" && shift && "$@"; code=$?;'
        ' find "$0" -name "20*"; exit $code'
    )
    disk = script.folder / "disk"

    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", fill, str(disk), str(disk), sys.executable, str(script.path), "--no-stash"],
        env=os.environ | {"PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "the disk is full" in done.stderr
    assert done.stdout == "", "half a batch was left behind"


LIMITED = """
@pyexp.experiment(jobs=2)
def exp(config):
    return bytes(config.size)

exp.configs(lambda: [{"name": f"size{size}", "size": size} for size in (10, 1 << 20, 20)])
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_r10_file_size_limit(script, executor):
    script.write(LIMITED)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))

    done = script.run("--executor", executor, preexec_fn=limit)

    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stderr
    states = {name.split("-")[0]: status for name, status in script.statuses().items()}
    assert states == {"size10": "passed", f"size{1 << 20}": "failed", "size20": "passed"}
    assert list(script.folder.rglob("*.tmp")) == []

    done = script.run("--continue", "--executor", executor)

    assert done.returncode == 0, done.stderr
    assert set(script.statuses().values()) == {"passed"}


def test_r10_nowhere_to_print(script):
    script.write(LIMITED)
    started = time.monotonic()
    with open("/dev/full", "w") as full:
        done = script.run("--executor", "subprocess", stdout=full, stderr=full)

    assert done.returncode is not None
    assert time.monotonic() - started < 30
    assert set(script.statuses().values()) == {"passed"}


def without_privilege() -> None:
    """Root obeys permissions like anybody else once it may not override them."""
    if os.geteuid() == 0:
        import ctypes

        cap_dac_override, cap_dac_read_search, cap_fowner, pr_capbset_drop = 1, 2, 3, 24
        for capability in (cap_dac_override, cap_dac_read_search, cap_fowner):
            assert ctypes.CDLL(None).prctl(pr_capbset_drop, capability, 0, 0, 0) == 0


def test_r11_folder_not_writable(script):
    script.write(LIMITED)
    (script.folder / "out").mkdir(mode=0o555)

    done = script.run(preexec_fn=without_privilege)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot write to the output folder" in done.stderr
    assert "Permission denied" in done.stderr
    assert list((script.folder / "out").iterdir()) == []


WAITING = """
@pyexp.experiment(jobs=2)
def exp(config):
    (HERE / f"here-{config.x}").touch()
    while not (HERE / "go").exists():
        time.sleep(0.01)
    return config.x

exp.configs(lambda: [{"x": x} for x in range(3)])
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_r11_folder_becomes_unwritable(script, executor):
    script.write(WAITING)
    process = script.start("--executor", executor, preexec_fn=without_privilege)
    wait_until(lambda: len(list(script.folder.glob("here-*"))) == 2, what="two runs at work")
    folders = [script.batches()[0], *script.runs()]
    for folder in folders:
        folder.chmod(0o555)
    (script.folder / "go").touch()

    _, told = process.communicate(timeout=60)

    assert process.returncode == 2, told
    assert "Traceback" not in told.splitlines()[-1]
    assert "error: the state of a run could not be written" in told.splitlines()[-1]
    assert script.processes() == {}

    for folder in folders:
        folder.chmod(0o755)
    done = script.run("--continue", "--executor", executor)
    assert done.returncode == 0, done.stderr
    assert set(script.statuses().values()) == {"passed"}
