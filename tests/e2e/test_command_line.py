"""Every flag of an experiment's script, and the exit status that tells how it went."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder, statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

SCRIPT = """
import os
import time
import pyexp

@pyexp.experiment(executor="fork", stash=False)
def experiment(config):
    \"\"\"Square a number.\"\"\"
    print("line of", config.name)
    if config.name in os.environ.get("BAD", "").split():
        raise ValueError("bad config")
    if config.name in os.environ.get("SLOW", "").split():
        time.sleep(60)
    return config.x ** 2

@experiment.configs
def configs():
    return [{"name": name, "x": x} for x, name in enumerate(["zero", "one", "two"])]

if __name__ == "__main__":
    experiment.run()
"""


@pytest.fixture
def script(project: Project) -> Project:
    project.write("main.py", SCRIPT)
    return project


def test_all_passed_is_0_and_failures_are_0_unless_strict(script: Project):
    script.python("main.py", status=0)
    script.python("main.py", BAD="one", status=0)
    done = script.python("main.py", "--strict", BAD="one", status=1)
    assert "zero" in done.stdout  # the report comes first
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(r"main\.py: not every run of [-_\d]+ passed: 2 passed, 1 failed", last)
    assert "Traceback" not in done.stderr.split("its output:")[-1]


def test_a_report_that_raises_is_1_and_leaves_the_results(script: Project):
    script.write("main.py", SCRIPT.replace("experiment.run()", "experiment.run(report=lambda results: 1 / 0)"))
    done = script.python("main.py", status=1)
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert set(statuses(script.batch("experiment")).values()) == {"passed"}


def test_an_unknown_flag_is_2_and_tells_how_to_keep_ones_own(script: Project):
    done = script.python("main.py", "--epochs", "3", status=2)
    assert done.stderr == (
        "main.py: error: unknown argument '--epochs' (see main.py --help); the program's command line is read when it "
        "starts an experiment: to keep it for flags of your own, call run(argv=[])\n"
    )
    assert not (script.root / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-j", "0"], "jobs=0: expected a whole number, 1 or more"),
        (["-j", "two"], "argument -j/--jobs: invalid int value: 'two' (see main.py --help)"),
        (["--timeout", "-1"], "timeout=-1.0: expected seconds, more than 0"),
        (["--retries", "-1"], "retries=-1: expected a whole number, 0 or more"),
        (["--filter", "["], "filter='[' is not a regular expression: unterminated character set at position 0"),
        (["--filter", "three"], "the filter 'three' matches none of the 3 configs: zero, one, two"),
        (["--continue", "--report"], "--continue and --report exclude each other: give one of them"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_2_and_one_line(script: Project, arguments: list[str], message: str):
    done = script.python("main.py", *arguments, status=2)
    assert done.stderr == f"main.py: error: {message}\n"
    assert done.stdout == ""
    assert not (script.root / "out").exists()


def test_argv_is_given_explicitly(project: Project):
    project.write("main.py", SCRIPT.replace("experiment.run()", 'experiment.run(argv=["--filter", "two"])'))
    project.python("main.py", "--my-own-flag")
    assert statuses(project.batch("experiment")) == {"zero": "pending", "one": "pending", "two": "passed"}


def test_help_describes_every_flag(script: Project):
    text = script.python("main.py", "--help").stdout
    assert text.startswith("usage: main.py")
    assert "Square a number." in text
    assert "Command line > run(...) > environment > @pyexp.experiment(...)." in text


def test_list_has_a_line_per_batch(script: Project):
    script.python("main.py")
    script.python("main.py", "--filter", "zero|one", BAD="one")
    heading, first, second = script.python("main.py", "--list").stdout.splitlines()
    assert heading == f"experiment in {script.root}/out"
    older, newer = script.batches("experiment")
    assert re.fullmatch(rf"{older.name} +3 passed +\d+\.\d s +[\d.]+ kB", first)
    assert re.fullmatch(rf"{newer.name} +1 pending, 1 passed, 1 failed +\d+\.\d s +[\d.]+ kB", second)


def test_dry_run_prints_the_plan_and_writes_nothing(script: Project):
    done = script.python("main.py", "--dry-run", "--filter", "^t")
    assert done.stdout == (
        f"1 of 3 runs would be executed by ForkExecutor in a new batch in {script.root}/out/experiment:\n  two\n"
    )
    assert not (script.root / "out").exists()
    script.python("main.py", BAD="one")
    batch = script.batch("experiment")
    done = script.python("main.py", "--dry-run", "--continue")
    assert done.stdout == f"1 of 3 runs would be executed by ForkExecutor in {batch}:\n  one\n"
    assert statuses(batch)["one"] == "failed"


def test_each_experiment_of_a_script_is_listed_and_planned(project: Project):
    project.write(
        "main.py",
        """
        import pyexp

        def square(config):
            print("ran", config.x)
            return config.x ** 2

        for name in ("one", "two"):
            runner = pyexp.ExperimentRunner(square, name=name, executor="inline", stash=False)
            print(runner.run(configs=lambda: [{"x": 3}], report=lambda results: results[0].result))
        """,
    )
    done = project.python("main.py", "--dry-run")
    assert re.findall(r"in a new batch in .*/(\w+):", done.stdout) == ["one", "two"]
    assert (done.stdout.count("\nNone\n"), project.root.joinpath("out").exists()) == (2, False)
    project.python("main.py")
    done = project.python("main.py", "--list")
    assert re.fullmatch(r"(\w+ in \S+\n\S+  1 passed +\S+ s  \S+ kB\nNone\n){2}", done.stdout)
    for name in ("one", "two"):
        assert (run_folder(project.batch(name), "config0") / "log.out").read_text() == "ran 3\n"
    helped = project.python("main.py", "--help").stdout
    assert (helped.count("usage: "), "None" in helped) == (1, False)


def test_dry_run_of_a_report_names_the_batch(script: Project):
    script.python("main.py", "--filter", "two")
    done = script.python("main.py", "--dry-run", "--report")
    assert done.stdout == f"no run would be executed; the report would be on {script.batch('experiment')}\n"
    done = script.python("main.py", "--dry-run", "--report=2020-01-01_00-00-00", status=2)
    assert "there is no batch '2020-01-01_00-00-00'" in done.stderr


def test_report_and_list_need_no_executor(script: Project):
    script.python("main.py")
    script.write("main.py", SCRIPT.replace('"fork"', '"not-installed"'))
    for flags in (["--report"], ["--report", "--dry-run"], ["--list"]):
        assert script.python("main.py", *flags).stderr == ""
    assert "no executor 'not-installed'" in script.python("main.py", "--continue", status=2).stderr


def test_filter_leaves_the_rest_pending_and_continue_takes_it_up(script: Project):
    script.python("main.py", "--filter", "^(zero|two)$")
    batch = script.batch("experiment")
    assert statuses(batch) == {"zero": "passed", "one": "pending", "two": "passed"}
    done = script.python("main.py", "--report")
    assert re.search(r"^one +pending", done.stdout, re.MULTILINE)
    script.python("main.py", "--continue")
    assert set(statuses(batch).values()) == {"passed"}


def test_jobs_limits_how_many_run_at_once(project: Project):
    project.write(
        "main.py",
        """
        import os, time
        from pathlib import Path
        import pyexp

        @pyexp.experiment(executor="fork", stash=False)
        def experiment(config):
            running = Path(config.folder)
            mark = running / config.name
            mark.touch()
            deadline = time.monotonic() + 20
            while len(os.listdir(running)) < config.meet and time.monotonic() < deadline:
                time.sleep(0.005)
            seen = len(os.listdir(running))
            if config.meet == 0:
                mark.unlink()
            return seen

        folder = Path("running").absolute()
        folder.mkdir()
        meet = int(os.environ["MEET"])
        configs = lambda: [{"x": i, "folder": folder, "meet": meet} for i in range(4)]
        print(experiment.run(configs=configs, report=lambda results: max(r.result for r in results)))
        """,
    )
    assert project.python("main.py", "-j", "4", MEET="4").stdout == "4\n"
    for mark in (project.root / "running").iterdir():
        mark.unlink()
    (project.root / "running").rmdir()
    assert project.python("main.py", "--jobs", "1", MEET="0").stdout == "1\n"


def test_retries_try_again(script: Project):
    text = SCRIPT.replace(
        'raise ValueError("bad config")',
        'tries = config.out / "tries"\n        tries.write_text(tries.read_text() + "x" if tries.exists() else "x")\n        if len(tries.read_text()) < 2: raise ValueError("bad config")',
    )
    script.write("main.py", text)
    done = script.python("main.py", "--retries", "1", "--filter", "one", BAD="one")
    run = run_folder(script.batch("experiment"), "one")
    assert "one: attempt 1 failed, the next in 0.5 s" in done.stderr
    assert (load(run / "status.json")["status"], load(run / "status.json")["attempts"]) == ("passed", 2)
    assert re.fullmatch(r"line of one\n(?s:.*)--- attempt 2, .* ---\nline of one\n", (run / "log.out").read_text())


def test_timeout_ends_a_run(script: Project):
    done = script.python("main.py", "--timeout", "0.5", SLOW="one")
    batch = script.batch("experiment")
    assert statuses(batch) == {"zero": "passed", "one": "timeout", "two": "passed"}
    assert "timeout: one: TimeoutError: no result within 0.5 s; the run's processes were terminated" in done.stderr


def test_timeout_of_what_cannot_be_ended_is_told(script: Project):
    done = script.python("main.py", "--executor", "inline", "--timeout", "5")
    assert (
        "note: timeout=5 has no effect: a synchronous run in this process cannot be terminated from outside; use "
        "the executor 'subprocess' or 'fork'" in done.stderr
    )


def test_fail_fast_stops_at_the_first_failure(script: Project):
    done = script.python("main.py", "--fail-fast", "-j", "1", BAD="zero")
    assert statuses(script.batch("experiment")) == {"zero": "failed", "one": "pending", "two": "pending"}
    assert "1 failed, 2 not started" in done.stderr


def test_gpus_are_handed_out_and_shared_with_nobody(project: Project):
    project.write(
        "main.py",
        """
        import os
        import pyexp

        @pyexp.experiment(stash=False, executor="fork")
        def experiment(config):
            return os.environ["CUDA_VISIBLE_DEVICES"]

        print(*experiment.run(configs=lambda: [{"x": i} for i in range(4)], report=lambda rs: [r.result for r in rs]))
        """,
    )
    found = project.python("main.py", "--gpus", "2", CUDA_VISIBLE_DEVICES="0,1,5,7").stdout.split()
    assert len(found) == 4
    assert all(len(set(devices.split(","))) == 2 for devices in found)
    assert set(",".join(found).split(",")) <= {"0", "1", "5", "7"}
    done = project.python("main.py", "--gpus", "5", CUDA_VISIBLE_DEVICES="0,1", status=2)
    assert done.stderr.splitlines()[-1] == (
        "main.py: error: gpus=5 asks for more devices than there are: found 2 (CUDA_VISIBLE_DEVICES='0,1')"
    )


@pytest.mark.parametrize("flag", ["-s", "--capture=no"])
def test_output_is_shown_live_and_kept(script: Project, flag: str):
    done = script.python("main.py", flag, "-j", "2")
    assert {"[zero] line of zero", "[one] line of one", "[two] line of two"} <= set(done.stdout.splitlines())
    for name in ("zero", "one", "two"):
        assert (run_folder(script.batch("experiment"), name) / "log.out").read_text() == f"line of {name}\n"


def test_output_has_no_prefix_when_one_runs_at_a_time(script: Project, executor: str):
    done = script.python("main.py", "-s", "-j", "1", "--executor", executor)
    assert {"line of zero", "line of one", "line of two"} <= set(done.stdout.splitlines())


def test_output_of_a_lone_run_has_no_prefix(script: Project):
    done = script.python("main.py", "-s", "-j", "2", "--filter", "one")
    assert "line of one" in done.stdout.splitlines()
    done = script.python("main.py", "-s", "-j", "2", "--continue", BAD="zero")
    assert {"[zero] line of zero", "[two] line of two"} <= set(done.stdout.splitlines())


def test_characters_that_a_stream_lacks_are_shown_by_escapes(script: Project):
    script.write("main.py", SCRIPT.replace('"zero"', '"z\u00e9ro"').replace('"line of"', '"na\u00efve"'))
    done = script.python("main.py", "-s", "-j", "2", PYTHONIOENCODING="ascii")
    assert {"[z\\xe9ro] na\\xefve z\\xe9ro", "[one] na\\xefve one"} <= set(done.stdout.splitlines())
    assert re.search(r"^z\\xe9ro +passed", done.stdout, re.MULTILINE)
    assert "z\\xe9ro\n" in script.python("main.py", "--dry-run", PYTHONIOENCODING="ascii").stdout


def test_captured_output_is_not_shown(script: Project, executor: str):
    done = script.python("main.py", "--executor", executor)
    assert "line of" not in done.stdout + done.stderr
    assert (run_folder(script.batch("experiment"), "one") / "log.out").read_text() == "line of one\n"


def test_facts_of_the_batch_are_kept(script: Project):
    script.python("main.py", "--executor", "inline")
    facts = json.loads((script.batch("experiment") / "batch.json").read_text())
    assert facts["command"][1:] == ["main.py", "--executor", "inline"]
    assert {"python", "platform", "packages", "commit", "owner", "host"} <= facts.keys()
    assert facts["commit"] is None
