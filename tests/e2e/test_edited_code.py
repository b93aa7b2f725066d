"""Whatever happens to the sources while a sweep runs, its runs execute the code of the start."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from e2e.support_project import Project

RUNS = 20
MAIN = """\
import inspect
import time
from pathlib import Path
import pyexp
import helper

VERSION = "old"

def own():
    return "old"

@pyexp.experiment(name="exp", jobs=2)
def experiment(config):
    (config.out.parent / f"started-{config.x}").touch()
    while not (Path(__file__).parent / "out" / "go").exists():
        time.sleep(0.01)
    from package import lazy
    import package.inner as inner
    # What torch.jit.script compiles, for one.
    shown = {VERSION in inspect.getsource(one) for one in (own, helper.value, lazy)}
    return [VERSION, helper.value(), lazy.VALUE, inner.VALUE, shown, Path("data.txt").read_text()]

experiment.configs(lambda: [{"name": f"c{x}", "x": x} for x in range(20)])

@experiment.report
def report(results):
    import json
    print(json.dumps([r.result or r.error for r in results], default=list))

if __name__ == "__main__":
    experiment.run()
"""
OLD = ["old", "old helper", "old lazy", "old inner", [True]]


def git(project: Project, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=project.root, check=True, capture_output=True)


def write_version(root: Path, version: str) -> None:
    (root / "main.py").write_text(MAIN.replace('"old"', f'"{version}"'))
    (root / "helper.py").write_text(f"from package.inner import VALUE\ndef value(): return '{version} helper'\n")
    (root / "package").mkdir(exist_ok=True)
    (root / "package" / "__init__.py").write_text("")
    (root / "package" / "lazy.py").write_text(f"VALUE = '{version} lazy'\n")
    (root / "package" / "inner.py").write_text(f"VALUE = '{version} inner'\n")


@pytest.fixture
def repository(project: Project) -> Project:
    git(project, "init", "-q", "-b", "main")
    write_version(project.root, "new")
    (project.root / "data.txt").write_text("data")
    (project.root / ".gitignore").write_text("out/\n__pycache__/\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "new")
    git(project, "branch", "new")
    write_version(project.root, "old")
    git(project, "commit", "-qam", "old")
    return project


def edit(project: Project) -> None:
    write_version(project.root, "new")


def delete(project: Project) -> None:
    (project.root / "main.py").unlink()
    (project.root / "helper.py").unlink()
    shutil.rmtree(project.root / "package")


def rename(project: Project) -> None:
    (project.root / "package").rename(project.root / "elsewhere")
    (project.root / "helper.py").rename(project.root / "helped.py")


def check_out(project: Project) -> None:
    git(project, "checkout", "-q", "new")


def replace_by_a_package(project: Project) -> None:
    (project.root / "helper.py").unlink()
    (project.root / "helper").mkdir()
    (project.root / "helper" / "__init__.py").write_text("def value(): return 'new helper'\n")


def break_syntax(project: Project) -> None:
    for path in project.root.rglob("*.py"):
        path.write_text("def (:\n")


ACTS = [edit, delete, rename, check_out, replace_by_a_package, break_syntax]
EXECUTORS = ["subprocess", "fork", "forkserver"]


def meanwhile(project: Project, executor: str, act: Callable[[Project], None]) -> list[list[str]]:
    """What the runs returned when *act* was done once the first two of them had started."""
    process = project.start("main.py", "--executor", executor)
    (project.root / "out").mkdir(exist_ok=True)
    wait_until(lambda: len(list((project.root / "out").glob("exp/*/started-*"))) >= 2)
    act(project)
    (project.root / "out" / "go").touch()
    shown, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    found: list[list[str]] = json.loads(shown)
    return found


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_all_runs_execute_the_code_of_the_start(repository: Project, executor: str, act: Callable[[Project], None]):
    assert meanwhile(repository, executor, act) == [[*OLD, "data"]] * RUNS


@pytest.mark.parametrize("executor", EXECUTORS)
def test_uncommitted_code_is_that_of_the_start_too(repository: Project, executor: str):
    write_version(repository.root, "dirty")
    found = meanwhile(repository, executor, lambda project: git(project, "stash", "-q"))
    assert found == [["dirty", "dirty helper", "dirty lazy", "dirty inner", [True], "data"]] * RUNS


def test_data_stays_what_it_is_and_new_files_are_seen(repository: Project):
    def act(project: Project) -> None:
        (project.root / "data.txt").write_text("later")

    assert meanwhile(repository, "subprocess", act) == [[*OLD, "later"]] * RUNS


def test_every_result_says_which_commit_made_it(repository: Project):
    (repository.root / "out").mkdir()
    (repository.root / "out" / "go").touch()
    broken = MAIN.replace(
        "    from package import lazy\n", "    if config.x >= 3: raise ValueError\n    from package import lazy\n"
    )
    (repository.root / "main.py").write_text(broken)
    repository.python("main.py")
    write_version(repository.root, "old")
    done = repository.python("main.py", "--continue")
    batch = repository.batch("exp")

    facts = json.loads((batch / "batch.json").read_text())
    first, second = (start["commit"] for start in facts["starts"])
    assert first != second
    assert facts["commit"] == first
    assert [start["command"][-1] for start in facts["starts"]] == ["main.py", "--continue"]
    commits = {
        path.parent.name[:3].rstrip("-"): json.loads(path.read_text())["commits"]
        for path in batch.glob("*/status.json")
    }
    assert commits["c0"] == [first]
    assert commits["c9"] == [first, second]
    assert f"note: the code has changed: 3 passed runs on {first[:12]}; this start runs {second[:12]}" in done.stderr
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository.root, capture_output=True, text=True, check=True)
    assert second == head.stdout.strip()
    assert not (batch / ".code").exists()


@pytest.mark.parametrize("flags", [["--no-stash"], ["--executor", "inline"]], ids=["no snapshot", "inline"])
def test_without_a_snapshot_a_change_is_noticed_said_once_and_recorded(repository: Project, flags: list[str]):
    process = repository.start("main.py", "-j", "1", *flags)
    (repository.root / "out").mkdir(exist_ok=True)
    wait_until(lambda: len(list((repository.root / "out").glob("exp/*/started-*"))) >= 1)
    helper = repository.root / "helper.py"
    helper.write_text(helper.read_text().replace("old", "new"))
    (repository.root / "out" / "go").touch()
    _, errors = process.communicate(timeout=100)
    assert errors.count("note: the code has changed since the start") == 1
    assert str(helper) in errors
    states = [json.loads(path.read_text()) for path in (repository.root / "out").glob("exp/*/*/status.json")]
    told = [state["code_changed"] for state in states if state["code_changed"]]
    assert told
    assert set(map(tuple, told)) == {(str(helper),)}
    assert len(told) >= RUNS - 2
