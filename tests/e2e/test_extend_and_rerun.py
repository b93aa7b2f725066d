"""A batch that lives on: more runs, runs again, runs whose folder a person removed, and what it was through time."""

from __future__ import annotations

import json
import pickle
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

import pyexp
from e2e.support_project import run_folder, statuses
from pyexp.errors import BatchNotFoundError, BatchOwnedError, SettingsError
from pyexp.store.batch import Batch
from support.counts import counts
from support.experiments import make_runner
from support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support_project import Project

GRID = """
import os, time
import pyexp

@pyexp.experiment(executor="fork", stash=False, jobs=4)
def experiment(config):
    time.sleep(float(os.environ.get("SLEEP", "0")))
    if os.environ.get("BAD", "no") in config.name:
        raise ValueError("bad config")
    return config.lr * config.width + config.get("seed", 0) + int(os.environ.get("MORE", "0"))

@experiment.configs
def configs():
    axes = {"lr": [1, 2, 3], "width": [8, 16, 32], "seed": [0]}
    for part in filter(None, os.environ.get("AXES", "").split(";")):
        key, _, values = part.partition("=")
        axes[key] = [int(value) for value in values.split(",") if value]
    return pyexp.sweep([{}], {key: values for key, values in axes.items() if values})

if __name__ == "__main__":
    experiment.run()
"""
STEPS = """
import os, time
import pyexp
from pyexp import Experiment, ExperimentRunner, chkpt

class Steps(Experiment):
    @chkpt
    def train(self):
        with open(self.out / "steps", "a") as file:
            file.write("train\\n")
        time.sleep(float(os.environ.get("SLEEP", "0")))
        self.weight = self.cfg.lr * self.cfg.width + int(os.environ.get("MORE", "0"))

    def experiment(self):
        self.train()
        time.sleep(float(os.environ.get("SLEEP", "0")))
        if os.environ.get("BAD", "no") in self.name:
            raise ValueError("bad config")
        self.score = self.weight

    @staticmethod
    def configs():
        return pyexp.sweep([{}], {"lr": [1, 2, 3], "width": [8, 16, 32], "seed": [0]})

experiment = ExperimentRunner(Steps, name="experiment", executor="fork", stash=False, jobs=4)
if __name__ == "__main__":
    experiment.run()
"""
READ = """
import main
runs = main.experiment.results()
assert all(r.ok or r.previous is not None for r in runs), [(r.status, r.previous) for r in runs]
print(f"{len(runs)} runs have a result, or an earlier one")
"""
MORE = "lr=1,2,3,4;seed=0,1,2,3,4"
GRID_AFTER = [(lr, width, seed) for lr in (1, 2, 3, 4) for width in (8, 16, 32) for seed in range(5)]


@pytest.fixture
def script(project: Project) -> Project:
    project.write("main.py", GRID)
    return project


def mtimes(batch: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in batch.glob("*/result.pkl")}


def values(batch: Path) -> dict[tuple[Any, ...], Any]:
    found = {}
    for path in batch.glob("*/result.pkl"):
        config = json.loads((path.parent / "config.json").read_text())
        found[config["lr"], config["width"], config.get("seed")] = pickle.loads(path.read_bytes())
    return found


def test_a_grid_is_extended_by_exactly_what_is_new(script: Project):
    script.python("main.py")
    batch = script.batch("experiment")
    before = mtimes(batch)
    done = script.python("main.py", "--extend", "--dry-run", AXES=MORE)
    assert done.stdout.startswith(f"51 of 60 runs would be executed by ForkExecutor in {batch}, which gets 51 more:\n")
    assert len(statuses(batch)) == 9
    done = script.python("main.py", "--extend", AXES=MORE)
    assert "experiment: 51 runs (9 passed already)" in done.stderr
    assert mtimes(batch).items() >= before.items()
    assert set(statuses(batch).values()) == {"passed"}
    script.python("main.py", AXES=MORE)
    fresh = script.batches("experiment")[-1]
    assert values(batch) == values(fresh)
    assert len(values(batch)) == 60
    done = script.python("main.py", f"--extend={batch.name}", AXES=MORE)
    assert "note: the configs have nothing that the batch does not have\n" in done.stderr
    done = script.python("main.py", f"--extend={batch.name}", AXES="lr=4")
    assert "note: not among the configs any more, and kept: " in done.stderr


def test_runs_without_the_new_axis_lie_at_none(script: Project):
    script.python("main.py", AXES="seed=")
    script.python("main.py", "--extend", AXES="seed=0,1,2,3,4")
    script.write(
        "read.py",
        """
        import main
        results = main.experiment.results()
        print(results.shape, results.axes["seed"], len(results.sel(seed=None)))
        """,
    )
    assert script.python("read.py").stdout == "(1, 3, 3, 6) [0, 1, 2, 3, 4, None] 9\n"


def test_what_the_batch_was_set_to_holds_for_what_is_added(script: Project):
    script.python("main.py", "--set", "width=2", "--sweep", "lr=5,6")
    script.python("main.py", "--extend", AXES="seed=0,1")
    found = values(script.batch("experiment"))
    assert sorted(found) == [(lr, 2, seed) for lr in (5, 6) for seed in (0, 1)]


def test_extend_runs_what_has_not_passed_and_takes_a_filter(script: Project):
    script.python("main.py", BAD="lr=1_")
    batch = script.batch("experiment")
    script.python("main.py", "--extend", "--where", "width=8", AXES="lr=1,2,3,4")
    found = statuses(batch)
    assert [found[f"lr={lr}_width=8_seed=0"] for lr in (1, 2, 3, 4)] == ["passed"] * 4
    assert (found["lr=1_width=16_seed=0"], found["lr=4_width=16_seed=0"]) == ("failed", "pending")


@counts("kills", 8, 25)
def test_an_extension_that_is_killed_is_continued(script: Project, kills: int):
    """At random instants, also while the batch is being written; what passed stays, and exactly 51 are new."""
    chance = random.Random(kills)
    script.python("main.py")
    batch = script.batch("experiment")
    first = mtimes(batch)
    script.environment |= {"AXES": MORE, "SLEEP": "0.2"}
    for _ in range(kills):
        before = mtimes(batch)
        child = script.start("main.py", "--extend", "-j", "1")
        time.sleep(chance.uniform(0.2, 0.9))  # the instant is the input
        child.send_signal(signal.SIGKILL)
        child.communicate()
        Batch.open(batch)
        assert mtimes(batch).items() >= before.items()
    assert len(mtimes(batch)) < 60, "the kills came too late"
    script.environment |= {"SLEEP": "0"}
    script.python("main.py", "--extend")
    assert len(values(batch)) == len(list(batch.glob("*/config.json"))) == 60
    assert values(batch) == {(lr, width, seed): lr * width + seed for lr, width, seed in GRID_AFTER}
    assert mtimes(batch).items() >= first.items()
    assert set(statuses(batch).values()) == {"passed"}
    assert "0 runs (60 passed already)" in script.python("main.py", "--continue").stderr


def test_rerun_says_which(script: Project):
    script.python("main.py")
    done = script.python("main.py", "--rerun", status=2)
    assert "--rerun executes runs again that passed: say which by --filter or --where" in done.stderr
    done = script.python("main.py", "--rerun", "--where", "lr=1", "--dry-run")
    assert done.stdout.startswith("3 of 9 runs would be executed by ForkExecutor in ")
    assert len(values(script.batch("experiment"))) == 9


def test_rerun_replaces_the_result(script: Project):
    script.python("main.py")
    batch = script.batch("experiment")
    run = run_folder(batch, "lr=1_width=8_seed=0")
    (run / ".checkpoints").mkdir()
    (run / ".checkpoints" / "x.pkl").touch()
    before = mtimes(batch)
    script.python("main.py", "--rerun", "--filter", "lr=1_width=8", MORE="100")
    assert values(batch)[1, 8, 0] == 108
    after = mtimes(batch)
    assert {folder for folder in before if after[folder] != before[folder]} == {run.name}
    assert not list(run.glob("*.previous")) + list(run.glob(".*.previous")) + list(run.glob(".checkpoints"))
    assert json.loads((run / "status.json").read_text())["attempts"] == 2


def test_a_rerun_that_fails_keeps_the_earlier_result_until_there_is_a_new_one(script: Project):
    script.python("main.py")
    batch = script.batch("experiment")
    run = run_folder(batch, "lr=1_width=8_seed=0")
    for _ in range(2):  # again, too
        script.python("main.py", "--rerun", "--filter", "lr=1_width=8", BAD="lr=1_width=8")
        assert statuses(batch)["lr=1_width=8_seed=0"] == "failed"
        assert pickle.loads((run / "result.pkl.previous").read_bytes()) == 8
    script.write("read.py", "import main\nr = main.experiment.results()[0]\nprint(r.status, r.result, r.previous)")
    assert script.python("read.py").stdout == "failed None 8\n"
    script.python("main.py", "--continue", MORE="1")
    assert script.python("read.py").stdout == "passed 9 None\n"


@pytest.mark.parametrize("api", ["function", "class"])
@counts("kills", 5, 25)
def test_a_rerun_that_is_killed_always_leaves_a_result(project: Project, api: str, kills: int):
    chance = random.Random(kills)
    project.write("main.py", GRID if api == "function" else STEPS)
    project.python("main.py")
    batch = project.batch("experiment")
    folders = [path.parent for path in batch.glob("*/result.pkl")]
    project.environment |= {"SLEEP": "0.05", "MORE": "100"}
    for _ in range(kills):
        child = project.start("main.py", "--rerun", "--where", "seed=0")
        time.sleep(chance.uniform(0.2, 0.8))  # the instant is the input
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert all((run / "result.pkl").exists() or (run / "result.pkl.previous").exists() for run in folders)
    project.write("read.py", READ)
    assert project.python("read.py").stdout == "9 runs have a result, or an earlier one\n"
    project.python("main.py", "--continue", SLEEP="0")
    found = {key: value if api == "function" else value["score"] for key, value in values(batch).items()}
    assert [found[lr, width, 0] in (lr * width, lr * width + 100) for lr in (1, 2, 3) for width in (8, 16, 32)] == [
        True
    ] * 9
    assert not list(batch.glob("*/*.previous")) + list(batch.glob("*/.*.previous"))


def test_a_rerun_of_a_class_begins_anew_and_a_killed_one_goes_on_from_its_own_steps(project: Project):
    project.write("main.py", STEPS)
    project.python("main.py", "--filter", "lr=1_width=8")
    batch = project.batch("experiment")
    run = run_folder(batch, "lr=1_width=8_seed=0")
    project.python("main.py", "--rerun", "--filter", "lr=1_width=8", BAD="lr=1_width=8", MORE="100")
    project.write("read.py", "import main\nr = main.experiment.results()[0]\nprint(r.status, r.previous['score'])")
    assert project.python("read.py").stdout == "failed 8\n"
    assert (run / ".checkpoints.previous" / "train.pkl").exists()
    project.python("main.py", "--continue", "--filter", "lr=1_width=8", MORE="200")  # the step of the rerun is kept
    assert pickle.loads((run / "result.pkl").read_bytes()) == {"weight": 108, "score": 108}
    assert (run / "steps").read_text() == "train\ntrain\n"
    assert not (run / ".checkpoints.previous").exists()


@pytest.mark.parametrize("damage", ["passed", "failed", "config alone", "all"])
def test_a_run_folder_that_a_person_removed_is_pending_again(script: Project, damage: str):
    script.python("main.py", BAD="lr=2_width=8")
    batch = script.batch("experiment")
    names = {"passed": ["lr=1_width=8_seed=0"], "failed": ["lr=2_width=8_seed=0"], "all": sorted(statuses(batch))}
    for name in names.get(damage, []):
        shutil.rmtree(run_folder(batch, name))
    if damage == "config alone":
        (run_folder(batch, "lr=1_width=8_seed=0") / "config.json").unlink()
    script.write("read.py", "import main\nfor r in main.experiment.results(): print(r.name, r.status, r.config.lr)")
    told = script.python("read.py").stdout.splitlines()
    for name in names.get(damage, []):
        assert f"{name} pending {name[3]}" in told
    script.python("main.py", "--continue")
    assert len(values(batch)) == 9
    assert script.python("read.py").stdout.count(" passed ") == 9


def test_kept_configs_that_are_damaged_or_lost_are_no_reason_to_stop(script: Project):
    script.python("main.py")
    batch = script.batch("experiment")
    kept = batch / "configs.jsonl"
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(lines[0].replace(b'"lr": 1', b'"lr": 7') + b"".join(lines[1:-1]) + lines[-1][:-20])
    for name in ("lr=1_width=8_seed=0", "lr=1_width=16_seed=0", "lr=3_width=32_seed=0"):
        shutil.rmtree(run_folder(batch, name))
    done = script.python("main.py", "--continue")
    assert "2 failed" in done.stderr
    assert "1 passed" in done.stderr
    kept.unlink()
    script.python("main.py", "--report")


def test_batches_and_history(tmp_path):
    runner = make_runner(lambda config: config.x * 10, [{"x": 1}, {"name": "b", "x": 2}], tmp_path, executor="inline")
    assert (runner.name, runner.folder, runner.batches(), runner.history("b")) == ("exp", tmp_path / "exp", [], [])
    runner.run(note="first")
    runner.run(trial=True, filter="b")
    runner.run(set={"x": 5})
    first, second, third = runner.batches()
    assert (first.note, first.counts, first.trial, first.is_complete) == ("first", {"passed": 2}, False, True)
    assert (second.trial, second.counts) == (True, {"pending": 1, "passed": 1})
    assert (third.set, third.timestamp) == ({"x": 5}, runner.results()[0].out.parent.name)
    assert [result.result for result in runner.history("b")] == [20, 20]
    assert [result.result for result in runner.history({"x": 1})] == [10, None]
    assert [result.name for result in runner.history({"x": lambda x: x > 1})] == ["b", "b", "config0"]
    assert runner.history("none") == []
    assert [result.result for result in runner.results("latest-complete")] == [50]
    (second.folder / "runs.json").write_text("damaged")
    assert [result.result for result in runner.history("b")] == [20]
    assert runner.batches()[1].damage.startswith("damaged: ")


def test_history_of_a_class_gives_its_instances(tmp_path):
    class Square(pyexp.Experiment):
        def experiment(self):
            self.square = self.cfg.x**2

    runner = make_runner(Square, [{"x": 3}], tmp_path, executor="inline")
    runner.run()
    assert [item.square for item in runner.history("config0")] == [9]


def test_extend_and_rerun_from_python(tmp_path):
    configs = [{"name": "a", "x": 1}]
    runner = make_runner(lambda config: config.x * 10, configs, tmp_path, executor="inline")
    with pytest.raises(BatchNotFoundError):
        runner.run(extend_run=True)
    runner.run()
    configs.append({"name": "b", "x": 2})
    assert [result.result for result in runner.run(extend_run=True)] == [10, 20]
    with pytest.raises(SettingsError, match="--rerun executes runs again"):
        runner.run(rerun_run=True)
    assert [result.attempts for result in runner.run(rerun_run=True, where={"x": 2})] == [1, 2]
    with pytest.raises(SettingsError, match="--extend and --rerun exclude each other"):
        runner.run(rerun_run=True, extend_run=True)
    with pytest.raises(SettingsError, match="describes a new batch, and --extend takes one"):
        runner.run(extend_run=True, set={"x": 1})


def test_an_extension_by_another_process_is_noticed(tmp_path):
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.begin import begin
    from pyexp.runner.start.decision import decide

    configs = [{"name": "a", "x": 1}]
    runner = make_runner(lambda config: config.x, configs, tmp_path, executor="inline")
    runner.run()
    configs.append({"name": "b", "x": 2})
    settings = Settings(name="exp", output_dir=tmp_path, executor="inline", stash=False, extend_run=True)
    decision = decide(runner._declaration, settings)
    runner.run(extend_run=True)
    with pytest.raises(BatchOwnedError, match="has just extended"):
        begin(decision, settings, tmp_path)
    runner.run(continue_run=True)


@pytest.mark.slow
@pytest.mark.parametrize("flag", [(), ("--extend",)], ids=["fresh", "extended"])
def test_a_large_start_that_is_killed_while_folders_are_made_is_whole(script: Project, flag: tuple[str, ...]):
    if flag:
        script.python("main.py", AXES="lr=1;width=8")
    many = ",".join(map(str, range(2_000)))
    script.environment |= {"AXES": f"lr=1;width=8;seed={many}", "SLEEP": "60"}
    child = script.start("main.py", *flag, "-j", "1")
    wait_until(lambda: list(script.root.glob("out/experiment/*/runs.json")) and len(runs_of(script)) == 2_000)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    batch = script.batch("experiment")
    assert [record.status for record in Batch.open(batch).records()].count("pending") >= 1_998
    script.python("main.py", "--continue", "--filter", "seed=1999", SLEEP="0", AXES="")
    assert values(batch)[1, 8, 1999] == 8 + 1999
    assert len(list(batch.glob("*/config.json"))) == 2_000


def runs_of(script: Project) -> list[str]:
    return json.loads((script.batch("experiment") / "runs.json").read_text())["runs"]
