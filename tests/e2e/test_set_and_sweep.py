"""What a start sets, sweeps over, chooses and notes, from the command line and from Python."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import pyexp
from e2e.support_project import statuses
from pyexp.errors import BatchNotFoundError, SettingsError
from support.experiments import make_runner

if TYPE_CHECKING:
    from e2e.support_project import Project

SCRIPT = """
import os
import pyexp

@pyexp.experiment(executor="fork", stash=False)
def experiment(config):
    if config.get("bad"):
        raise ValueError("bad config")
    return config.lr * config.width

@experiment.configs
def configs():
    return pyexp.sweep([{"epochs": 1}], {"lr": [0.1, 0.2], "width": [8, 16]})

if __name__ == "__main__":
    experiment.run()
"""


@pytest.fixture
def script(project: Project) -> Project:
    project.write("main.py", SCRIPT)
    return project


def planned(script: Project, *arguments: str) -> list[str]:
    done = script.python("main.py", "--dry-run", *arguments)
    assert not (script.root / "out").exists()
    return [line.strip() for line in done.stdout.splitlines()[1:]]


def test_set(script: Project):
    assert planned(script, "--set", "lr=1e-3") == ["lr=0.001_width=8", "lr=0.001_width=16"]
    assert planned(script, "--set", "lr=1", "width=4", "--set", "epochs=3") == ["lr=1_width=4"]
    assert planned(script, "--set", "+model.depth=2", "--set=width=1") == ["lr=0.1_width=1", "lr=0.2_width=1"]
    script.python("main.py", "--set", "lr=2.0", "epochs=[1, 2]")
    configs = [json.loads(path.read_text()) for path in script.batch("experiment").glob("*/config.json")]
    assert all((config["lr"], config["epochs"]) == (2.0, [1, 2]) for config in configs)


def test_sweep(script: Project):
    assert planned(script, "--sweep", "lr=[1, 2, 3]", "--set", "width=1") == [f"lr={lr}_width=1" for lr in (1, 2, 3)]
    assert len(planned(script, "--sweep", "seed=0,1,2")) == 12
    assert planned(script, "--sweep", "act=relu", "lr=5")[0] == "lr=5_width=8_act=relu"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "learning=1"], r"no config has the key 'learning': .*'\+learning' adds it"),
        (["--set", "name=x"], "the key 'name' cannot be set"),
        (["--set", "+out=x"], r"the key '\+out' cannot be set"),
        (["--set", "lr"], "override 'lr' is not understood: write it like"),
        (["--set", "lr=[1"], "argument --set: override 'lr=\\[1': value"),
        (["--sweep", "lr"], "axis 'lr' is not understood: write it like"),
        (["--sweep", "lr=[]"], "the values of 'lr' are empty"),
        (["--where", "lr=0.3"], "where {'lr': 0.3} matches none of the 4 configs"),
        (["--where", "lrr=0.3"], "query key 'lrr' is in no item"),
        (["--timeout", "soon"], "'soon' is not a time: write 90, 90s, 15m or 1h30m"),
        (["--config", "x.yaml"], r"configs\(\) takes no config: give it a parameter, configs\(config\)"),
        (["--continue", "--set", "lr=1"], r"--set \(set=…\) describes a new batch, and --continue takes one that is there"),
        (["--report", "--note", "x"], r"--note \(note=…\) describes a new batch, and --report takes one"),
        (["--continue", "--trial"], "--trial"),
        (["--continue", "--sweep", "lr=1"], "--sweep"),
        (["--report", "--config", "x"], "--config"),
        (["--list", "--continue"], "--list and --continue exclude each other"),
        (["--report", "--continue"], "--continue and --report exclude each other"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_sentence(script: Project, arguments: list[str], message: str):
    done = script.python("main.py", *arguments, status=2)
    assert re.search(message, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
    assert not (script.root / "out").exists()


def test_where_chooses_by_config_in_a_new_and_an_old_batch(script: Project):
    assert planned(script, "--where", "lr=0.1") == ["lr=0.1_width=8", "lr=0.1_width=16"]
    assert planned(script, "--where", "lr=0.1", "--where", "width=8") == ["lr=0.1_width=8"]
    assert planned(script, "--where", "lr=0.1", "--filter", "16") == ["lr=0.1_width=16"]
    script.python("main.py", "--where", "width=8")
    batch = script.batch("experiment")
    assert statuses(batch)["lr=0.1_width=16"] == "pending"
    done = script.python("main.py", "--continue", "--where", "lr=0.2")
    assert "this batch began with where={'width': 8}: 2 of its runs were never started\n" in done.stderr
    assert statuses(batch) == {
        "lr=0.1_width=8": "passed",
        "lr=0.1_width=16": "pending",
        "lr=0.2_width=8": "passed",
        "lr=0.2_width=16": "passed",
    }


def test_config_hands_a_file_to_configs(script: Project):
    script.write("base.yaml", "lr: 1e-3\nwidth: 2")
    script.write("main.py", SCRIPT.replace("def configs():", "def configs(base):").replace('[{"epochs": 1}]', "base"))
    done = script.python("main.py", status=2)
    assert "configs(base) takes a config: name its YAML file by --config FILE" in done.stderr
    assert planned(script, "--config", "base.yaml", "--set", "lr=1") == ["lr=1_width=8", "lr=1_width=16"]
    script.write("main.py", SCRIPT.replace("def configs():", "def configs(base=None):"))
    assert len(planned(script)) == 4
    assert script.python("main.py", "--config", "none.yaml", status=2).stderr.count("\n") == 1


def test_a_prefix_names_a_batch_as_long_as_it_fits_one(script: Project):
    script.python("main.py")
    batch = script.batch("experiment")
    day = batch.name[:10]
    assert str(batch) in script.python("main.py", "--dry-run", f"--report={day}").stdout
    (batch.parent / f"{day}_00-00-00").mkdir()
    (batch.parent / f"{day}_00-00-00" / "runs.json").write_bytes((batch / "runs.json").read_bytes())
    done = script.python("main.py", f"--report={day}", status=2)
    assert f"'{day}' fits 2 batches" in done.stderr
    assert f"{day}_00-00-00 and {batch.name}: write more of it" in done.stderr
    script.python("main.py", f"--report={batch.name}")


def test_list_shows_what_a_batch_was_asked_for(script: Project):
    script.python("main.py", "--note", "new  init", "--set", "lr=1", "--sweep", "seed=[0, 1]", "--trial")
    line = script.python("main.py", "--list").stdout.splitlines()[1]
    assert line.endswith("kB  trial  --set lr=1  --sweep seed=[0,1]  new init")


def test_a_trial_is_passed_over(script: Project):
    script.python("main.py", "--trial", "--set", "lr=1")
    (trial,) = script.batches("experiment")
    done = script.python("main.py", "--report", status=2)
    assert f"only trials in {script.root}/out/experiment, the latest is {trial.name}" in done.stderr
    script.python("main.py", "--set", "lr=2")
    script.python("main.py", "--trial", "--set", "lr=3")
    assert "lr=2_width=8" in script.python("main.py", "--report").stdout
    assert "lr=1_width=8" in script.python("main.py", f"--report={trial.name}").stdout


def test_continuing_a_filtered_batch_names_the_complete_one(script: Project):
    script.python("main.py")
    script.python("main.py", "--filter", "lr=0.1")
    complete, _ = script.batches("experiment")
    done = script.python("main.py", "--continue")
    assert (
        f"note: this batch began with filter='lr=0.1': 2 of its runs were never started; the earlier batch "
        f"{complete.name} is complete\n"
    ) in done.stderr
    assert "began with" not in script.python("main.py", "--continue").stderr


def test_quiet_shows_errors_only(script: Project):
    done = script.python("main.py", "-q")
    assert (done.stdout, done.stderr) == ("", "")
    done = script.python("main.py", "--quiet", "--set", "+bad=true", "lr=1", "width=1")
    assert done.stdout == ""
    assert "failed: lr=1_width=1" in done.stderr
    assert "ValueError: bad config" in done.stderr
    assert "runs in" not in done.stderr


def test_help_fits_a_screen_and_help_all_has_every_flag(script: Project):
    short = script.python("main.py", "--help", COLUMNS="80").stdout
    assert short.count("\n") <= 40
    assert "--set KEY=VALUE" in short
    assert "(default: out, next to the experiment's file)" in " ".join(short.split())
    assert "--strict" not in short
    whole = script.python("main.py", "--help-all", COLUMNS="80").stdout
    for flag in ("--strict", "--trial", "--viewer-port", "--no-stash", "--set"):
        assert flag in whole


def test_environment_variables(script: Project):
    done = script.python("main.py", "--dry-run", PYEXP_EXECUTOR="inline", PYEXP_OUTPUT_DIR="elsewhere")
    assert f"executed by InlineExecutor in a new batch in {script.root}/elsewhere/experiment" in done.stdout
    flags = ["--executor", "subprocess", "--output-dir", "mine"]
    done = script.python("main.py", "--dry-run", *flags, PYEXP_EXECUTOR="inline", PYEXP_OUTPUT_DIR="elsewhere")
    assert f"executed by SubprocessExecutor in a new batch in {script.root}/mine/experiment" in done.stdout
    script.python("main.py", PYEXP_OUTPUT_DIR="elsewhere", PYEXP_JOBS="1", PYEXP_EXECUTOR="")
    assert script.experiments("elsewhere") == ["experiment"]
    assert " 4 passed " in script.python("main.py", "--list", PYEXP_OUTPUT_DIR="elsewhere").stdout
    script.write("read.py", "import main\nprint(len(main.experiment.results()))")
    assert script.python("read.py", PYEXP_OUTPUT_DIR="elsewhere", PYEXP_JOBS="many").stdout == "4\n"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PYEXP_JOBS", "many", "PYEXP_JOBS='many': expected a whole number, 1 or more"),
        ("PYEXP_JOBS", "0", "PYEXP_JOBS='0': expected a whole number, 1 or more"),
        ("PYEXP_EXECUTOR", "forks", "PYEXP_EXECUTOR='forks': there is no executor 'forks'"),
    ],
)
def test_a_bad_value_names_its_variable(script: Project, variable: str, value: str, message: str):
    assert message in script.python("main.py", status=2, **{variable: value}).stderr
    flag = "--jobs=1" if "JOBS" in variable else "--executor=fork"
    script.python("main.py", "--dry-run", flag, **{variable: value})


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_runs_do_not_inherit_them(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import os
        import pyexp

        inner = pyexp.ExperimentRunner(lambda config: 1, name="inner", executor="inline", stash=False)

        @pyexp.experiment(stash=False)
        def outer(config):
            inner.run(configs=[{"x": 1}], output_dir=None)
            return [name for name in os.environ if name in ("PYEXP_JOBS", "PYEXP_EXECUTOR", "PYEXP_OUTPUT_DIR")]

        if __name__ == "__main__":
            outer.run(configs=[{"x": 1}], report=lambda results: print(results[0].result, results[0].error))
        """,
    )
    done = project.python("main.py", PYEXP_EXECUTOR=executor, PYEXP_JOBS="1", PYEXP_OUTPUT_DIR="given")
    seen = ["PYEXP_EXECUTOR", "PYEXP_JOBS", "PYEXP_OUTPUT_DIR"] if executor == "inline" else []
    assert done.stdout.splitlines()[-1].endswith("] None")
    assert all(name in done.stdout for name in seen)
    assert executor == "inline" or "[] None" in done.stdout
    assert (project.experiments("given"), project.experiments("out")) == (["outer"], ["inner"])


def test_each_has_its_keyword(tmp_path):
    runner = make_runner(lambda config: config.x, [{"x": 1, "y": 0}, {"x": 2, "y": 0}], tmp_path, executor="inline")
    results = runner.run(set={"y": 5}, sweep={"seed": range(2)}, where={"x": lambda x: x > 1}, note="mine", quiet=True)
    assert [result.status for result in results] == ["pending", "pending", "passed", "passed"]
    assert {result.config.y for result in results} == {5}
    facts = json.loads((results[0].out.parent / "batch.json").read_text())
    assert (facts["set"], facts["sweep"], facts["note"]) == ({"y": 5}, {"seed": [0, 1]}, "mine")
    runner.run(trial=True)
    assert len(runner.results()) == 4
    with pytest.raises(BatchNotFoundError, match="is complete"):
        runner.results("latest-complete")
    runner.run(continue_run=True)
    assert len(runner.results("latest-complete")) == 4


@pytest.mark.parametrize("key", ["set", "sweep", "where", "config", "trial", "note"])
def test_what_describes_one_start_is_not_for_the_decorator(key):
    with pytest.raises(SettingsError, match=f"no setting '{key}'"):
        pyexp.experiment(**{key: None})


def test_a_stopped_batch_is_continued_by_a_command_that_works():
    from pyexp.runner.invocation import _without_batch

    given = ["--set", "a=1", "b=2", "-j", "2", "--note", "some text", "--trial", "--filter", "x", "--sweep=c=1,2"]
    assert _without_batch(given) == ["-j", "2", "--filter", "x"]
    assert _without_batch(["--continue", "2024", "--strict", "--report=1", "--config", "f", "-s"]) == ["--strict", "-s"]
