"""The state of the user's repository is kept with each batch, and the repository is left as it was."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load
from pyexp.store.batches.finding import find_batches

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support_project import Project

SCRIPT = """
import pyexp

@pyexp.experiment(executor="inline"{stash})
def experiment(config):
    return 1

experiment.run(configs=lambda: [{{"name": "a"}}])
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=u", "-c", "user.email=u@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(project: Project) -> Project:
    project.write("main.py", SCRIPT.format(stash=""))
    project.write("code.py", "x = 1")
    git(project.root, "init", "-q")
    git(project.root, "add", ".")
    git(project.root, "commit", "-q", "-m", "first")
    return project


@pytest.mark.parametrize("is_ignored", [False, True], ids=["out-shown", "out-ignored"])
def test_the_work_tree_is_kept_and_left_alone(repository: Project, *, is_ignored: bool):
    if is_ignored:
        repository.write(".gitignore", "out/\n*.secret\n")
    repository.write("code.py", "x = 2")
    repository.write("new.py", "y = 1")
    for _ in range(2):  # the second time, an output folder is there
        before = [git(repository.root, *a) for a in (["status", "--porcelain"], ["stash", "list"], ["branch", "-a"])]
        done = repository.python("main.py")
        assert "note:" not in done.stderr
        after = [git(repository.root, *a) for a in (["status", "--porcelain"], ["stash", "list"], ["branch", "-a"])]
        assert [text.replace("\n?? out/", "") for text in after] == [text.replace("\n?? out/", "") for text in before]
    for batch in repository.batches("experiment"):
        commit = load(batch / "batch.json")["commit"]
        files = git(repository.root, "ls-tree", "-r", "--name-only", commit).split()
        assert files == [*([".gitignore"] if is_ignored else []), "code.py", "main.py", "new.py"]
        assert git(repository.root, "show", f"{commit}:code.py") == "x = 2"
        assert commit in git(repository.root, "for-each-ref", "refs/pyexp/")


def test_an_unchanged_tree_is_the_same_commit(repository: Project):
    repository.write(".gitignore", "out/\n")
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-q", "-m", "second")
    for text in ("x = 1", "x = 1", "x = 2", "x = 2"):
        repository.write("code.py", text)
        repository.python("main.py")
    commits = [load(batch / "batch.json")["commit"] for batch in repository.batches("experiment")]
    assert commits[0] == commits[1] == git(repository.root, "rev-parse", "HEAD")
    assert commits[2] == commits[3] != commits[0]
    assert len(git(repository.root, "for-each-ref", "refs/pyexp/").splitlines()) == 2


def test_large_data_is_named_in_a_note(repository: Project):
    with open(repository.root / "data.bin", "wb") as file:
        file.truncate(2_000_000_000)
    done = repository.python("main.py")
    assert "note: an untracked file is not in the git snapshot (2 GB; the largest is data.bin)" in done.stderr
    commit = load(repository.batch("experiment") / "batch.json")["commit"]
    assert "data.bin" not in git(repository.root, "ls-tree", "-r", "--name-only", commit)


@pytest.mark.parametrize("output", [".", "..", "lib"], ids=["beside-the-script", "above-it", "of-its-own"])
def test_sources_in_the_output_folder_are_kept_and_the_batches_are_not(repository: Project, output: str):
    repository.write("lib/part.py", "z = 1")
    names = ("one", "two", repository.root.name)
    for name in names * 2:
        repository.python("main.py", "--output-dir", output, "--name", name)
    for batch in (batch for name in names for batch in find_batches(repository.root / output / name)):
        commit = load(batch / "batch.json")["commit"]
        files = set(git(repository.root, "ls-tree", "-r", "--name-only", commit).split())
        assert files == {"code.py", "main.py"} | ({"lib/part.py"} if output != "lib" else set())


def test_no_stash(repository: Project):
    done = repository.python("main.py", "--no-stash")
    assert load(repository.batch("experiment") / "batch.json")["commit"] is None
    assert "note:" not in done.stderr
    assert git(repository.root, "for-each-ref", "refs/pyexp/") == ""


def test_stash_false_in_the_decorator_and_back_on_the_command_line(repository: Project):
    repository.write("main.py", SCRIPT.format(stash=", stash=False"))
    repository.python("main.py")
    assert load(repository.batch("experiment") / "batch.json")["commit"] is None
    repository.python("main.py", "--stash")
    assert load(repository.batches("experiment")[1] / "batch.json")["commit"]


def test_outside_a_repository_there_is_a_note(project: Project):
    project.write("main.py", SCRIPT.format(stash=""))
    assert "note: no git snapshot: " in project.python("main.py").stderr
