"""What a script defines is the same thing in its runs, in its report, and where it is imported: classes, files, runners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder, statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

BY_NAME = """
from __future__ import annotations

import dataclasses
import enum
import multiprocessing
import pickle
import sys
import typing
from concurrent.futures import ProcessPoolExecutor

import pyexp

OFFSET = 1

class Mode(enum.Enum):
    FAST = 1

@dataclasses.dataclass
class Score:
    mode: Mode
    value: int

def work(x):
    return x * x + OFFSET

@pyexp.experiment(stash=False)
def experiment(config):
    with open(config.out / "score.pkl", "wb") as file:
        pickle.dump(Score(Mode.FAST, 0), file)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        forked = pool.map(work, [1, 2])
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        spawned = list(pool.map(work, [1, 2]))
    assert typing.get_type_hints(Score) == {"mode": Mode, "value": int}
    print(*sys.argv[1:])
    return Score(Mode.FAST, sum(forked + spawned))

@experiment.configs
def configs():
    return [{"name": "a"}]

@experiment.report
def report(results, report_dir):
    (run,) = results
    print(run.error, run.result == Score(Mode.FAST, 14), run.result.mode is Mode.FAST, run.log.strip())
    print(pickle.loads((run.out / "score.pkl").read_bytes()) == Score(Mode.FAST, 0))

if __name__ == "__main__":
    experiment.run()
"""

FROM_ELSEWHERE = """
from main import Score, experiment

class Mode:
    "Another one, of another script."

(run,) = experiment.results()
print(run.error, isinstance(run.result, Score), run.result.mode.name)
"""


def test_what_pickles_by_name_works_in_a_run_and_comes_back_as_the_scripts_own(project: Project, executor: str) -> None:
    project.write("main.py", BY_NAME)
    first = project.python("main.py", "--executor", executor)
    again = project.python("main.py", "--report")
    elsewhere = project.python(str(project.write("analysis.py", FROM_ELSEWHERE)))

    assert first.stdout == f"None True True --executor {executor}\nTrue\n"
    assert again.stdout == first.stdout
    assert elsewhere.stdout == "None True FAST\n"


CHECKPOINT = """
import dataclasses
import pyexp

@dataclasses.dataclass
class State:
    value: int

@pyexp.experiment(stash=False, retries=1)
def experiment(config):
    state = step()
    if not (config.out / "again").exists():
        (config.out / "again").touch()
        raise RuntimeError("after the step")
    return isinstance(state, State) and state == State(1)

@experiment.chkpt
def step():
    return State(1)

@experiment.configs
def configs():
    return [{"name": "a"}]

@experiment.report
def report(results):
    print(results[0].attempts, results[0].result)

if __name__ == "__main__":
    experiment.run()
"""


def test_a_checkpoint_comes_back_as_the_scripts_own(project: Project, executor: str) -> None:
    project.write("main.py", CHECKPOINT)

    assert project.python("main.py", "--executor", executor).stdout == "2 True\n"


FAILING = """
import pyexp

@pyexp.experiment(stash=False)
def experiment(config):
    helper()

def helper():
    raise ValueError("no")

experiment.run(configs=[{"name": "a"}])
"""


def test_a_traceback_names_the_scripts_file_and_shows_its_lines(project: Project, executor: str) -> None:
    project.write("main.py", FAILING)
    project.python("main.py", "--executor", executor)

    error = load(run_folder(project.batch("experiment"), "a") / "status.json")["error"]
    assert f'File "{project.root}/main.py", line 8, in helper\n    raise ValueError("no")\n' in error


def test_a_program_started_as_a_module_is_found_again_by_a_spawned_process(project: Project) -> None:
    project.write("package/__init__.py", "")
    project.write("package/names.py", "OFFSET = 1\n")
    project.write("package/main.py", BY_NAME.replace("OFFSET = 1", "from .names import OFFSET"))

    done = project.python("-m", "package.main")

    assert done.stdout.startswith("None True True"), done.stdout + done.stderr


NESTED = """
import pyexp

@pyexp.experiment(name="stage-one", stash=False, executor="inline")
def one(config):
    return config.x * 10

@one.configs
def one_configs():
    return [{"name": f"o{x}", "x": x} for x in (1, 2)]

@pyexp.experiment(name="stage-two", stash=False)
def two(config):
    earlier = [run.result for run in one.results()]
    inner = one.run(configs=[{"name": "deep", "x": 7}], report=list, output_dir=config.out)
    try:
        one.run(output_dir=config.out)
        told = "no error"
    except pyexp.PyexpError as error:
        told = str(error)
    return earlier, [run.result for run in inner], told

@two.configs
def two_configs():
    return [{"name": "t"}]

@two.report
def report(results):
    print(results[0].error, *(results[0].result or ()), sep="\\n")

if __name__ == "__main__":
    one.run(argv=[])
    two.run()
"""


def test_another_runner_works_within_a_run(project: Project, executor: str) -> None:
    """Its batches are found; it takes nothing from the command line that started the run."""
    project.write("main.py", NESTED)
    (project.root / "elsewhere").mkdir()

    done = project.python("main.py", "--executor", executor, "--filter", "t")

    error, earlier, inner, told = done.stdout.splitlines()[-4:]
    assert (error, earlier, inner) == ("None", "[10, 20]", "[70]")
    assert told == "no error"
    batch = project.batch("stage-two")
    assert statuses(batch) == {"t": "passed"}


@pytest.mark.parametrize(
    "configs", ["[{'x': 1}, {'x': 2}]", "pyexp.sweep([{}], {'x': [1, 2]})", "lambda: [{'x': 1}, {'x': 2}]"]
)
def test_configs_may_be_given_as_they_are(project: Project, configs: str) -> None:
    project.write(
        "main.py",
        f"""
        import pyexp

        @pyexp.experiment(stash=False, executor="inline")
        def experiment(config):
            return config.x

        print(experiment.run(configs={configs}, report=lambda results: [run.result for run in results]))
        """,
    )

    assert project.python("main.py").stdout == "[1, 2]\n"
