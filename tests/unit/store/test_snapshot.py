from __future__ import annotations

import subprocess

import pytest

from pyexp.store.snapshot import SnapshotError, take_snapshot


def git(folder, *arguments):
    options = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", *options, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "main.py").write_text("one")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_snapshot_holds_the_tree_and_changes_nothing(tree):
    (tree / "main.py").write_text("two")
    (tree / "new.py").write_text("new")
    (tree / "ignored").write_text("no")
    (tree / "out").mkdir()
    (tree / "out" / "result").write_text("no")
    before = git(tree, "status", "--porcelain"), git(tree, "stash", "list"), git(tree, "branch", "-a")

    commit = take_snapshot(tree, [tree / "out"], "exp")

    assert git(tree, "ls-tree", "-r", "--name-only", commit).split() == [".gitignore", "main.py", "new.py"]
    assert git(tree, "show", f"{commit}:main.py") == "two"
    assert git(tree, "rev-parse", f"{commit}^") == git(tree, "rev-parse", "HEAD")
    assert git(tree, "for-each-ref", "--format=%(objectname)", "refs/pyexp/") == commit
    assert (git(tree, "status", "--porcelain"), git(tree, "stash", "list"), git(tree, "branch", "-a")) == before


def test_output_is_left_out_wherever_it_is_and_was(tree):
    for name in ("tracked", "untracked", "ignored"):
        (tree / name).mkdir()
        (tree / name / "result").write_text("no")
    git(tree, "add", "tracked")
    outputs = [tree / "tracked", tree / "untracked", tree / "ignored", tree.parent, tree]

    commit = take_snapshot(tree, outputs, "exp")

    assert git(tree, "ls-tree", "-r", "--name-only", commit).split() == [".gitignore", "main.py"]


def test_no_work_tree_is_said_in_a_few_words(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(SnapshotError):
        take_snapshot(tmp_path, [tmp_path / "out"], "exp")


def test_no_git_is_said_in_a_few_words(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SnapshotError, match="git is not installed"):
        take_snapshot(tmp_path, [tmp_path / "out"], "exp")
