"""Several experiments in one script: each finds what the command line asks of it, and says which it is."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import WAIT_S, statuses
from e2e.test_examples import example
from e2e.test_viewer_flags import lines_until
from pyexp.errors import SettingsError
from support.experiments import make_runner

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support_project import Project

TWO = """
import os
import pyexp

def work(config):
    if os.environ.get("BAD") == config.name:
        raise ValueError("bad config")
    if os.environ.get("SLEEP") == config.name:
        import time
        print("asleep", flush=True)
        time.sleep(600)
    return config.x

first = pyexp.experiment(name="first", stash=False, executor="inline")(work)
second = pyexp.experiment(name="second", stash=False, executor="inline")(work)
first.configs(lambda: [{"name": "pre", "x": 1, "lr": 0.1}])
second.configs(lambda: [{"name": "fine", "x": 2}])

if __name__ == "__main__":
    one = first.run()
    two = second.run()
    if one is not None:
        print(f"the end: {len(one)} and {len(two)}")
        if os.environ.get("BROKEN"):
            raise ValueError("at the end")
"""


@pytest.fixture
def script(project: Project) -> Project:
    project.write("main.py", TWO)
    return project


def ended(output: str) -> str:
    """How many results the script got of each."""
    return output.splitlines()[-1].removeprefix("the end: ")


def only_batches(project: Project) -> tuple[Path, Path]:
    return project.batch("first"), project.batch("second")


def test_each_says_which_it_is(script: Project):
    done = script.python("main.py")
    first, second = only_batches(script)
    lines = done.stdout.splitlines()
    assert (lines[0], lines[3]) == (f"first {first.name}", f"second {second.name}")
    assert "first: 1 passed in " in done.stderr
    assert "second: 1 passed in " in done.stderr
    done = script.python("main.py", "--list")
    heads = [line for line in done.stdout.splitlines() if " in " in line]
    assert heads == [f"{name} in {script.root / 'out'}" for name in ("first", "second")]
    done = script.python("main.py", "--set", "y=1", status=2)
    assert done.stderr.startswith("main.py: first: error: no config has the key 'y'")


@pytest.mark.parametrize(
    ("arguments", "sizes", "said"),
    [
        (("--filter", "fine"), "0 and 1", "first: the filter 'fine' matches none of the 1 configs: pre"),
        (("--filter", "pre"), "1 and 0", "second: the filter 'pre' matches none of the 1 configs: fine"),
        (("--where", "x=2"), "0 and 1", "first: where {'x': 2} matches none of the 1 configs: pre"),
        (("--where", "lr=0.1"), "1 and 0", "second: query key 'lr' is in no item"),
        (("--only", "second"), "0 and 1", "first: left out, since the start is for 'second' only"),
    ],
)
def test_what_is_for_one_leaves_the_other_out(script: Project, arguments, sizes, said):
    done = script.python("main.py", *arguments)
    assert said in done.stderr
    assert ended(done.stdout) == sizes
    assert script.experiments() == [
        name for name, size in zip(("first", "second"), sizes.split(" and "), strict=True) if size == "1"
    ]
    assert said not in script.python("main.py", "-q", *arguments).stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--filter", "none"), "second: error: the filter 'none' matches none of the 1 configs: fine"),
        (("--where", "z=1"), "second: error: query key 'z' is in no item"),
        (("--continue",), "second: error: there is no batch in "),
        (("--list",), "second: error: there is no batch in "),
        (("--only", "frist"), "first: error: no experiment of this program is called 'frist': did you mean 'first'?"),
        (("--report=frist/2026",), "first: error: no experiment of this program is called 'frist': did you mean"),
        (("--name", "both"), "first: error: --name would mix the batches of several experiments in one folder"),
    ],
)
def test_what_is_for_none_exits_with_2_at_the_last(script: Project, arguments, reason):
    done = script.python("main.py", *arguments, status=2)
    assert done.stderr.splitlines()[-1].startswith(f"main.py: {reason}")


@pytest.mark.parametrize("flag", ["--continue", "--report", "--extend"])
def test_a_timestamp_counts_for_the_experiment_that_has_it(script: Project, flag: str):
    script.python("main.py", BAD="fine")
    first, second = only_batches(script)
    other = second.rename(second.with_name("2001-01-01_00-00-00"))
    done = script.python("main.py", f"{flag}=2001")
    assert f"first: there is no batch '2001' in {first.parent}" in done.stderr
    assert ended(done.stdout) == "0 and 1"
    assert statuses(other) == {"fine": "failed" if flag == "--report" else "passed"}
    done = script.python("main.py", f"{flag}=first/{first.name[:10]}")
    assert "second: left out, since the start is for 'first' only" in done.stderr
    assert ended(done.stdout) == "1 and 0"
    assert ended(script.python("main.py", f"{flag}=second/latest").stdout) == "0 and 1"
    done = script.python("main.py", f"{flag}=second/1999", status=2)
    assert done.stderr.splitlines()[-1].startswith("main.py: second: error: there is no batch '1999' in ")


def test_the_command_that_continues_names_the_experiment(script: Project):
    script.environment |= {"SLEEP": "fine"}
    child = script.start("main.py", "-s")
    while child.stdout.readline() != "asleep\n":
        pass
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=WAIT_S)
    assert said.splitlines()[-1].endswith(f"main.py -s --continue=second/{script.batch('second').name}")


def test_the_experiment_that_is_alone_is_as_ever(script: Project):
    script.write("main.py", ONE)
    done = script.python("main.py")
    batch = script.batch("first")
    assert done.stdout.splitlines()[0].split() == ["name", "status", "duration", "result"]
    assert script.python("main.py", "--filter", "none", status=2).stderr.startswith("main.py: error: the filter 'none'")
    assert "1 passed before" in script.python("main.py", f"--continue=first/{batch.name}").stderr
    said = script.python("main.py", f"--continue=second/{batch.name}", status=2).stderr
    assert said.startswith("main.py: error: no experiment of this program is called 'second': there are: 'first'")


ONE = """
import pyexp
first = pyexp.experiment(name="first", stash=False, executor="inline")(lambda config: config.x)
first.configs(lambda: [{"name": "pre", "x": 1}])
if __name__ == "__main__":
    first.run()
"""


@pytest.mark.slow
@pytest.mark.parametrize("is_broken", [False, True], ids=["to its end", "by an exception"])
def test_one_viewer_serves_on_when_the_script_has_ended(script: Project, *, is_broken: bool):
    script.environment |= {"BROKEN": "yes"} if is_broken else {}
    child = script.start("main.py", "--viewer", "--viewer-port", "0")
    lines = lines_until(child, "ValueError: at the end" if is_broken else "Ctrl-C ends it")
    addresses = [line for line in lines if line.startswith("viewer: ")]
    assert addresses[0].removeprefix("viewer: ").startswith("http://127.0.0.1:")
    if not is_broken:
        assert addresses[1:] == [f"{addresses[0]} (Ctrl-C ends it)"]
        assert lines[-2].startswith("second: 1 passed in ")
        child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=WAIT_S)
    assert (child.returncode, ended(output), len(addresses)) == ((1, "1 and 1", 1) if is_broken else (0, "1 and 1", 2))


def test_the_example(project: Project):
    script = example(project, "09")
    done = project.python(script, "--no-stash")
    assert done.stdout.splitlines()[-1] == "the best model is deep, at 0.9988"
    done = project.python(script, "--filter", "deep", "--no-stash")
    assert "data: the filter 'deep' matches none of the 3 configs" in done.stderr
    assert done.stdout == "the best model is deep, at 0.9988\n"
    assert "3 passed" in project.python(script, "--list", "--only", "data").stdout


def test_only_from_python(tmp_path):
    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")
    assert len(runner.run(only="exp")) == 1
    with pytest.raises(SettingsError, match=r"no experiment of this program is called 'exq': did you mean 'exp'\?"):
        runner.run(only="exq")
    batch = runner.results()[0].out.parent.name
    assert len(runner.run(continue_run=f"exp/{batch}")) == 1
    with pytest.raises(SettingsError, match="no experiment of this program is called 'other'"):
        runner.run(report_run=f"other/{batch}")


@pytest.mark.parametrize(
    ("made_by", "is_known"),
    [
        ("pyexp.experiment(name='second')(work)", True),
        ("pyexp.ExperimentRunner(lab.Imported, name='second')", True),
        ("lab.second", False),
        ("pickle.loads(pickle.dumps(first))", False),
    ],
)
def test_those_of_the_script_are_known(project: Project, made_by: str, is_known: bool):
    project.write(
        "lab.py",
        """
        import pyexp

        @pyexp.experiment(name="second")
        def second(config):
            return 1

        class Imported(pyexp.Experiment):
            pass
        """,
    )
    project.write(
        "main.py",
        f"""
        import pickle
        import lab
        import pyexp

        def work(config):
            return config.x

        first = pyexp.experiment(name="first", stash=False, executor="inline")(work)
        second = {made_by}
        first.configs(lambda: [{{"name": "a", "x": 1}}])
        if __name__ == "__main__":
            print(len(first.run(report=list)))
        """,
    )
    done = project.python("main.py", "--filter", "none", status=0 if is_known else 2)
    assert done.stdout == ("0\n" if is_known else "")
