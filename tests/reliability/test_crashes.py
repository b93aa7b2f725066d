"""Runs that crash, use up the memory, or print without end."""

from __future__ import annotations

import hashlib
import json
import os
import signal

import pytest

from support.counts import counts
from support.waiting import wait_until

CRASHES = """
import ctypes

def crash(way):
    match way:
        case "segv":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "exit3":
            os._exit(3)
        case "exit0":
            sys.exit(0)
        case "interrupt":
            raise KeyboardInterrupt

@pyexp.experiment
def exp(config):
    crash(config.way)
    return "fine"

WAYS = ["segv", "none", "abort", "exit3", "also none", "exit0", "interrupt"]
exp.configs(lambda: [{"name": way, "way": way} for way in WAYS])
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_r04_crashes_are_named_and_the_others_pass(script, executor):
    done = script.write(CRASHES).run("--executor", executor)

    assert done.returncode == 0, done.stderr
    told = {run.name.rsplit("-", 1)[0]: json.loads((run / "status.json").read_bytes()) for run in script.runs()}
    assert {name for name, status in told.items() if status["status"] == "passed"} == {"none", "also none"}
    assert {name for name, status in told.items() if status["status"] == "failed"} == {*told} - {"none", "also none"}
    assert (told["segv"]["signal"], told["abort"]["signal"]) == ("SIGSEGV", "SIGABRT")
    assert told["exit3"]["exit"] == 3
    for name, words in {
        "segv": "killed by SIGSEGV",
        "abort": "killed by SIGABRT",
        "exit3": "exited with code 3",
        "exit0": "sys.exit(0)",
        "interrupt": "KeyboardInterrupt",
    }.items():
        assert words in told[name]["error"]
        assert words in done.stderr


MEMORY = """
import resource

@pyexp.experiment
def exp(config):
    (config.out / "pid").write_text(str(os.getpid()))
    if config.way == "limit":
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        return len(bytearray(1 << 31))
    if config.way == "killed":
        time.sleep(600)
    return "fine"

exp.configs(lambda: [{"name": way, "way": way} for way in ["limit", "killed", "none"]])
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_r05_out_of_memory(script, executor):
    process = script.write(MEMORY).start("--executor", executor, "-j3")
    victim = wait_until(lambda: [run for run in script.runs() if run.name.startswith("killed-")])[0]
    pid = wait_until(lambda: (victim / "pid").exists() and (victim / "pid").read_text())

    os.kill(int(pid), signal.SIGKILL)

    process.communicate(timeout=30)
    told = {run.name.rsplit("-", 1)[0]: json.loads((run / "status.json").read_bytes()) for run in script.runs()}
    assert told["limit"]["error"].startswith("MemoryError")
    assert told["killed"]["error"].startswith("ProcessKilled: killed by SIGKILL: out of memory, perhaps")
    assert [told[name]["status"] for name in ("limit", "killed", "none")] == ["failed", "failed", "passed"]


FLOOD = """

BLOCK = bytes(range(128, 256)) * 8192

@pyexp.experiment
def exp(config):
    for _ in range(config.blocks):
        sys.stdout.buffer.write(BLOCK)

exp.configs(lambda: [{"blocks": int(os.environ["BLOCKS"])}])

@exp.report
def report(results):
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
@counts("blocks", 40, 200)
def test_r06_flood(script, executor, blocks):
    script.write(FLOOD)
    peaks_kib = []
    for count in (1, blocks):
        done = script.run("--executor", executor, env={"BLOCKS": str(count)})
        assert done.returncode == 0, done.stderr
        peaks_kib.append(int(done.stdout))

    expected = hashlib.sha256()
    for _ in range(blocks):
        expected.update(bytes(range(128, 256)) * 8192)
    with (script.runs()[0] / "log.out").open("rb") as log:
        assert hashlib.file_digest(log, "sha256").digest() == expected.digest()
    assert peaks_kib[1] - peaks_kib[0] < 20 * 1024
