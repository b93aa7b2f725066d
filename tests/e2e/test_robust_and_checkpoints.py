"""Runs that fail beside runs that pass, and steps that are not repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder, statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

ROBUST = """
import pyexp

@pyexp.experiment
def experiment(config):
    if config.name == "bad":
        raise ValueError("no such dataset: 'mnits'")
    return {"accuracy": 0.95}

@experiment.configs
def configs():
    return [{"name": "good"}, {"name": "bad"}, {"name": "last"}]

@experiment.report
def report(results, report_dir):
    for r in results:
        if r.error:
            print(f"{r.name} failed: {r.error}")
        else:
            print(f"{r.name}: {r.result['accuracy']}")

if __name__ == "__main__":
    experiment.run()
"""

CRASHING = ROBUST.replace("raise ValueError(\"no such dataset: 'mnits'\")", "import os; os.kill(os.getpid(), 11)")

CLASS = """
def note(what):
    print(what)
    with open("steps.txt", "a") as file:
        file.write(what + " ")

def train_model(cfg):
    note("train")
    return {"lr": cfg.lr}

def evaluate(model):
    note("evaluate")
    if MODEL_IS_BAD:
        raise RuntimeError("bad model")
    return {"loss": model["lr"] * 2}

MODEL_IS_BAD = False

from pyexp import Experiment, ExperimentRunner, chkpt

class MyExperiment(Experiment):
    model: dict
    results: dict

    @chkpt(retry=3)
    def train(self):
        \"\"\"Training phase - retried up to 3 times on failure.\"\"\"
        self.model = train_model(self.cfg)

    @chkpt
    def evaluate(self):
        \"\"\"Evaluation phase - checkpointed.\"\"\"
        self.results = evaluate(self.model)

    def experiment(self):
        self.train()      # Checkpoint saved after completion
        self.evaluate()   # If this fails, train() won't re-run on --continue

    @staticmethod
    def configs():
        return [{"name": "exp", "lr": 0.01}]

    @staticmethod
    def report(results, out):
        for exp in results:
            print(f"{exp.name}: {exp.results}")

if __name__ == "__main__":
    ExperimentRunner(MyExperiment, name="mine").run()
"""


def steps(project: Project) -> list[str]:
    return (project.root / "steps.txt").read_text().split()


def test_a_failed_run_is_told_and_stops_nothing(project: Project, executor: str):
    project.write("main.py", ROBUST)
    done = project.python("main.py", "--executor", executor)
    first, second, *traceback, last = done.stdout.splitlines()
    assert (first, last) == ("good: 0.95", "last: 0.95")
    assert second == "bad failed: ValueError: no such dataset: 'mnits'"
    assert "line 6, in experiment" in "\n".join(traceback)
    assert "site-packages" not in done.stdout
    assert "pyexp/" not in done.stdout
    assert "failed: bad: ValueError: no such dataset: 'mnits'" in done.stderr
    batch = project.batch("experiment")
    assert statuses(batch) == {"good": "passed", "bad": "failed", "last": "passed"}
    assert not (run_folder(batch, "bad") / "result.pkl").exists()


@pytest.mark.parametrize("executor", ["subprocess", "fork"])
def test_a_segmentation_fault_fails_its_run_only(project: Project, executor: str):
    project.write("main.py", CRASHING)
    done = project.python("main.py", "--executor", executor)
    assert "good: 0.95\n" in done.stdout
    assert "last: 0.95\n" in done.stdout
    assert "SIGSEGV" in done.stdout
    assert load(run_folder(project.batch("experiment"), "bad") / "status.json")["signal"] == "SIGSEGV"


def test_the_class_example(project: Project, executor: str):
    project.write("main.py", CLASS)
    done = project.python("main.py", "--executor", executor)
    assert done.stdout == "exp: {'loss': 0.02}\n"
    run = run_folder(project.batch("mine"), "exp")
    assert sorted(path.name for path in (run / ".checkpoints").iterdir()) == ["evaluate.pkl", "train.pkl"]


def test_a_continued_run_resumes_at_its_last_checkpoint(project: Project, executor: str):
    project.write("main.py", CLASS.replace("MODEL_IS_BAD = False", "MODEL_IS_BAD = True"))
    project.python("main.py", "--executor", executor, status=1)
    assert steps(project) == ["train", "evaluate"]
    run = run_folder(project.batch("mine"), "exp")
    assert [path.name for path in (run / ".checkpoints").iterdir()] == ["train.pkl"]

    project.write("main.py", CLASS)
    done = project.python("main.py", "--executor", executor, "--continue")
    assert done.stdout == "exp: {'loss': 0.02}\n"
    assert steps(project) == ["train", "evaluate", "evaluate"]
    assert load(run / "status.json")["attempts"] == 2
    assert "--- attempt 2" in (run / "log.out").read_text()


def test_a_step_is_tried_as_often_as_it_says(project: Project, executor: str):
    flaky = 'note("train")\n    if open("steps.txt").read().count("train") < 3:\n        raise OSError("flaky")'
    project.write("main.py", CLASS.replace('note("train")', flaky))
    done = project.python("main.py", "--executor", executor)
    assert done.stdout == "exp: {'loss': 0.02}\n"
    assert steps(project) == ["train", "train", "train", "evaluate"]
    log = (run_folder(project.batch("mine"), "exp") / "log.out").read_text()
    assert "chkpt train: attempt 2 of 3 failed (OSError: flaky); trying again" in log


def test_a_failed_run_of_a_class_is_an_instance_without_the_attributes(project: Project, executor: str):
    project.write(
        "main.py",
        CLASS.replace("MODEL_IS_BAD = False", "MODEL_IS_BAD = True").replace(
            'print(f"{exp.name}: {exp.results}")',
            'print(type(exp).__name__, exp.status, exp.error.splitlines()[0], hasattr(exp, "results"), exp.cfg.lr)',
        ),
    )
    done = project.python("main.py", "--executor", executor)
    assert done.stdout == "MyExperiment failed RuntimeError: bad model False 0.01\n"


def test_helper_functions_have_checkpoints_too(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import os
        import pyexp

        @pyexp.experiment
        def experiment(config):
            total = sum(step(i) for i in range(3))
            if os.environ["FAILS"] == "yes":
                raise RuntimeError("after the steps")
            return total

        @experiment.chkpt
        def step(i):
            print("step", i)
            return i * 10

        @experiment.configs
        def configs():
            return [{"name": "a"}]

        if __name__ == "__main__":
            experiment.run()
        """,
    )
    project.python("main.py", "--executor", executor, FAILS="yes")
    project.python("main.py", "--executor", executor, "--continue", FAILS="no")
    run = run_folder(project.batch("experiment"), "a")
    assert sorted(path.name for path in (run / ".checkpoints").iterdir()) == ["step.2.pkl", "step.3.pkl", "step.pkl"]
    lines = (run / "log.out").read_text().splitlines()
    assert [line for line in lines if line.startswith("step ")] == ["step 0", "step 1", "step 2"]
