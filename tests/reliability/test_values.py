"""Results and errors that resist being kept."""

from __future__ import annotations

import json

import pytest

from support import bodies
from support.counts import counts
from support.experiments import run_all


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_r17_what_cannot_be_pickled(tmp_path, executor):
    def resist(config):
        from support import bodies

        match config.way:
            case "result":
                return bodies.return_lock(config)
            case "error":
                bodies.raise_odd(config)
        return "fine"

    ways = ["result", "none", "error", "also none"]
    results = run_all(resist, [{"name": way, "way": way} for way in ways], tmp_path, executor=executor)

    assert [r.status for r in results] == ["failed", "passed", "failed", "passed"]
    assert "result['bad'][0].lock" in results["result"].error
    assert "OddError" in results["error"].error
    assert "Traceback" in results["error"].error
    assert "raise_odd" in results["error"].log or executor == "inline"


GONE = """
from gone import Thing

@pyexp.experiment(executor="fork")
def exp(config):
    return Thing(config.x) if config.x else "plain"

exp.configs(lambda: [{"x": x} for x in range(3)])

@exp.report
def report(results):
    print([(r.status, r.ok, r.result, (r.error or "").split(":")[0]) for r in results])
"""


def test_r18_module_gone_at_load(script):
    (script.folder / "gone.py").write_text("class Thing:\n    def __init__(self, x):\n        self.x = x\n")
    assert script.write(GONE).run().returncode == 0
    (script.folder / "gone.py").unlink()
    script.write(GONE.replace("from gone import Thing", ""))

    listed = script.run("--list")
    reported = script.run("--report")
    continued = script.run("--continue")

    assert "3 passed" in listed.stdout
    assert reported.returncode == 0, reported.stderr
    broken = ("passed", False, None, "DamagedFileError")
    assert reported.stdout.strip() == str([("passed", True, "plain", ""), broken, broken])
    assert continued.stdout == reported.stdout
    assert "0 runs (3 passed already)" in continued.stderr


def test_r18_error_names_what_is_missing(script):
    (script.folder / "gone.py").write_text("class Thing:\n    def __init__(self, x):\n        self.x = x\n")
    source = GONE.replace('print([(r.status, r.ok, r.result, (r.error or "").split(":")[0]) for r in results])', "pass")
    assert script.write(source).run().returncode == 0
    (script.folder / "gone.py").write_text("")
    script.write(source.replace("from gone import Thing", "").replace("pass", "print(results[1].error)"))

    reported = script.run("--report")

    assert "Can't get attribute 'Thing'" in reported.stdout
    assert str(script.runs()[1] / "result.pkl") in reported.stdout


LARGE = """

@pyexp.experiment
def exp(config):
    return bytes(config.size)

exp.configs(lambda: [{"size": int(os.environ["SIZE"])}])

@exp.report
def report(results):
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
@counts("size", 1 << 26, 1 << 31)
def test_r19_large_result(script, executor, size):
    script.write(LARGE)
    peaks_kib = []
    for wanted in (1, size):
        done = script.run("--executor", executor, env={"SIZE": str(wanted)}, timeout_s=600)
        assert done.returncode == 0, done.stderr
        peaks_kib.append(int(done.stdout))

    (run,) = script.runs()
    assert json.loads((run / "status.json").read_bytes())["status"] == "passed"
    assert (run / "result.pkl").stat().st_size > size
    assert peaks_kib[1] - peaks_kib[0] < 16 * 1024


def test_bodies_are_what_they_say():
    """The bodies above resist, or the tests of this file would show nothing."""
    with pytest.raises(bodies.OddError) as caught:
        bodies.raise_odd(None)
    with pytest.raises(RuntimeError, match="no words"):
        str(caught.value)
