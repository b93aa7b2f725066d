"""How runs are executed: by name, by instance, by a class of the user's own; configs and report given to the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder

if TYPE_CHECKING:
    from e2e.support_project import Project

WHERE = """
import os
import pyexp

{decorator}
def experiment(config):
    return os.getpid() == config.parent

@experiment.configs
def configs():
    return [{{"name": "a", "parent": os.getpid()}}]

@experiment.report
def report(results, report_dir):
    print(results[0].result)

{run}
"""

CUSTOM = """
import pickle
import pyexp

@pyexp.experiment
def experiment(config):
    print("working on", config.name)
    if config.name == "bad":
        raise ValueError("bad config")
    return {"x": config.x, "out": config.out.name}

@experiment.configs
def configs():
    return [{"name": "a", "x": 1}, {"name": "bad", "x": 2}]

from pyexp import Executor

class MyExecutor(Executor):
    def run(self, fn, config, result_path):
        # Custom execution logic
        result = fn(config)
        with open(result_path, "wb") as f:
            pickle.dump(result, f)
        return result

experiment.run(executor=MyExecutor())
"""

OUTCOME = """
import pyexp
from pyexp import Executor, Failed, Outcome, Task

class Refusing(Executor):
    async def execute(self, task: Task) -> Outcome:
        return Failed(error=f"Refusal: not {task.name}")

@pyexp.experiment(executor=Refusing())
def experiment(config): ...

print(experiment.run(configs=lambda: [{"name": "a"}], report=lambda results: results[0].error))
"""


@pytest.mark.parametrize(
    ("decorator", "call", "is_same_process"),
    [
        ("@pyexp.experiment", "", False),
        ('@pyexp.experiment(executor="subprocess")  # Default: isolated subprocess', "", False),
        ('@pyexp.experiment(executor="fork")        # Unix only: fast, same module state', "", False),
        ('@pyexp.experiment(executor="inline")      # No isolation, useful for debugging', "", True),
        ('@pyexp.experiment(executor="fork")', 'executor="inline"', True),
    ],
)
def test_executors_by_name(project: Project, decorator: str, call: str, *, is_same_process: bool):
    project.write("main.py", WHERE.format(decorator=decorator, run=f"experiment.run({call})"))
    assert project.python("main.py").stdout == f"{is_same_process}\n"


def test_the_command_line_chooses_the_executor_last(project: Project):
    project.write("main.py", WHERE.format(decorator="@pyexp.experiment", run='experiment.run(executor="inline")'))
    assert project.python("main.py", "--executor", "fork").stdout == "False\n"


def test_a_custom_executor(project: Project):
    project.write("main.py", CUSTOM)
    done = project.python("main.py")
    batch = project.batch("experiment")
    good, bad = run_folder(batch, "a"), run_folder(batch, "bad")
    assert f"{{'x': 1, 'out': '{good.name}'}}" in done.stdout
    assert load(good / "status.json")["status"] == "passed"
    assert load(bad / "status.json")["error"].startswith("ValueError: bad config")
    assert (good / "log.out").read_text() == "working on a\n"
    assert sorted(path.name for path in good.iterdir()) == ["config.json", "log.out", "result.pkl", "status.json"]


def test_a_custom_executor_with_the_asynchronous_form(project: Project):
    project.write("main.py", OUTCOME)
    assert project.python("main.py").stdout == "Refusal: not a\n"


def test_configs_and_report_are_given_to_the_call(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment
        def experiment(config):
            return config.x * 2

        def my_configs_fn():
            return [{"x": 4}]

        def my_report_fn(results, report_dir):
            return sum(r.result for r in results)

        returned = experiment.run(configs=my_configs_fn, report=my_report_fn)
        print(returned)
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout == "8\n"


def test_without_a_report_a_table_is_printed_and_the_results_returned(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment
        def experiment(config):
            return 10 // config.x

        print(experiment.run(configs=lambda: [{"name": "two", "x": 2}, {"name": "zero", "x": 0}]))
        """,
    )
    done = project.python("main.py", "--executor", executor)
    header, two, zero, returned = done.stdout.splitlines()
    assert header.split() == ["name", "status", "duration", "result"]
    assert two.split()[:2] + two.split()[-1:] == ["two", "passed", "5"]
    # Its error is where it failed and in the summary.
    assert zero.split()[:2] + zero.split()[3:] == ["zero", "failed", "s"]
    assert done.stderr.count("ZeroDivisionError: integer division or modulo by zero") == 2
    assert returned.startswith("Tensor(shape=(2,)")


def test_an_async_experiment_works_everywhere(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import asyncio
        import pyexp

        @pyexp.experiment
        async def experiment(config):
            await asyncio.sleep(0)
            return config.x + 1

        print(experiment.run(configs=lambda: [{"x": 1}, {"x": 2}], report=lambda rs: [r.result for r in rs]))
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout == "[2, 3]\n"


def test_a_run_is_given_what_its_parameters_ask_for(project: Project, executor: str):
    project.write(
        "main.py",
        """
        from pathlib import Path
        import pyexp

        @pyexp.experiment
        def by_name(config, *, out):
            return out == config.out

        @pyexp.experiment
        def by_annotation(config, folder: Path):
            return folder == config.out

        for each in (by_name, by_annotation):
            print(each.run(configs=lambda: [{"x": 1}], report=lambda rs: rs[0].result))

        print(by_name({"x": 1, "out": Path("here")}, out=Path("here")))
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout == "True\nTrue\nTrue\n"
