"""From a snapshot to the tree that a run imports from."""

from __future__ import annotations

import os
import time

import pytest

from pyexp.code.snapshot import git_index
from pyexp.code.snapshot.taking import save_tree, take_tree
from pyexp.code.snapshot.tree import Root, load_tree
from pyexp.store.snapshot import take_snapshot
from support.work_tree import WorkTree, git

OLD, NEW = "v = 'OLD'\n", "v = 'NEW'\n"


@pytest.fixture
def tree(tmp_path):
    tree = WorkTree(tmp_path / "tree")
    tree.write("m.py", OLD)
    tree.write("pkg/__init__.py", OLD)
    tree.write("pkg/part.py", OLD)
    git(tree.root, "add", ".")
    git(tree.root, "commit", "-qm", "first")
    return tree


def root_of(snapshot):
    return Root(top=str(snapshot.top), git_dir=str(snapshot.git_dir), commit=snapshot.commit, index=snapshot.index)


def freeze(tree, *, started_ns=None):
    """As a start does it."""
    snapshot = take_snapshot(tree.root, [])
    frozen = take_tree(
        [root_of(part) for part in (snapshot, *snapshot.submodules)],
        started_ns=started_ns or snapshot.started_ns,
        outside=snapshot.outside,
    )
    save_tree(frozen, tree.saved)
    return frozen


def without_hashing(monkeypatch):
    def refuse(*_):
        raise AssertionError("hashed")

    monkeypatch.setattr("pyexp.code.snapshot.tree._blob_hash", refuse)


def in_a_moment():
    """A start after this one's files have settled."""
    return time.time_ns() + 3_000_000_000


def as_it_is(tree):
    pass


def modified_and_untracked(tree):
    tree.write("m.py", "v = 'other'\n")
    tree.write("new.py", OLD)


def touched(tree):
    os.utime(tree.root / "m.py", (1, 1))  # git looks at the seconds


def flagged(tree):
    git(tree.root, "update-index", "--assume-unchanged", "m.py")
    tree.write("m.py", "v = 'other'\n")


def extended(tree):
    """Version 3 of the index."""
    tree.write("here.py", OLD)
    git(tree.root, "add", "-N", "here.py")
    git(tree.root, "update-index", "--skip-worktree", "pkg/part.py")


def compressed(tree):
    git(tree.root, "update-index", "--index-version=4")


@pytest.mark.parametrize(
    "prepare", [as_it_is, modified_and_untracked, touched, flagged, extended, compressed], ids=lambda p: p.__name__
)
def test_an_unchanged_file_is_known_by_its_state_alone(tree, monkeypatch, prepare):
    prepare(tree)
    frozen = freeze(tree, started_ns=in_a_moment())
    without_hashing(monkeypatch)
    for path in tree.root.rglob("*.py"):
        _, file = frozen.find_file(str(path))
        assert frozen.is_unchanged(file, str(path))


@pytest.mark.parametrize("prepare", [as_it_is, flagged, compressed], ids=lambda p: p.__name__)
@pytest.mark.slow
def test_what_runs_is_what_stood_there(tree, prepare):
    prepare(tree)
    stood = "other" if prepare is flagged else "OLD"
    freeze(tree)
    code = "import m, pkg.part; print(m.v, pkg.v, pkg.part.v)"
    assert tree.python(code) == f"{stood} OLD OLD"
    for name in ("m.py", "pkg/__init__.py", "pkg/part.py"):
        tree.write(name, NEW)
    assert tree.python(code) == f"{stood} OLD OLD"


@pytest.mark.slow
def test_a_split_index_is_read_by_git(tree):
    git(tree.root, "update-index", "--split-index")
    tree.write("m.py", "v = 'other'\n")
    freeze(tree)
    tree.write("m.py", NEW)
    tree.write("pkg/part.py", NEW)
    assert tree.python("import m, pkg.part; print(m.v, pkg.part.v)") == "other OLD"


@pytest.mark.slow
def test_without_an_index_git_is_asked(tree):
    tree.freeze(with_index=False)
    tree.write("pkg/part.py", NEW)
    assert tree.python("import m, pkg.part; print(m.v, pkg.part.v)") == "OLD OLD"


@pytest.mark.slow
def test_a_submodule_is_that_of_the_start(tree, tmp_path):
    inner = WorkTree(tmp_path / "inner")
    inner.write("__init__.py", OLD)
    inner.write("deep/part.py", OLD)
    inner.freeze()
    git(tree.root, "submodule", "--quiet", "add", str(inner.root), "libs/inner")
    (tree.root / "libs/inner/deep/part.py").write_text("v = 'other'\n")
    frozen = freeze(tree)
    assert len(frozen.roots) == 2
    code = "import libs.inner.deep.part as part; print(part.v, sys.modules['libs.inner'].v)"
    assert tree.python(code) == "other OLD"
    (tree.root / "libs/inner/deep/part.py").write_text(NEW)
    (tree.root / "libs/inner/__init__.py").unlink()
    assert tree.python(code) == "other OLD"


@pytest.mark.slow
def test_what_was_left_out_stays_what_it_is(tree, tmp_path):
    (tree.root / "nested").mkdir()
    git(tree.root / "nested", "init", "-q")
    tree.write("nested/__init__.py", OLD)
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested/__init__.py").write_text(NEW)
    tree.path.append(str(tmp_path))
    freeze(tree)
    assert tree.python("import nested; print(nested.v)") == "OLD"


def test_the_file_holds_what_was_noted(tree):
    (tree.root / "alias").symlink_to("pkg")
    tree.write("bin/train", OLD)
    taken = freeze(tree)
    loaded = load_tree(tree.saved)
    assert loaded.folders == taken.folders
    assert (loaded.links, loaded.outside, loaded.racy_ns) == ({"alias": "pkg"}, taken.outside, taken.racy_ns)
    assert [root.commit for root in loaded.roots] == [root.commit for root in taken.roots]


def test_paths_of_other_characters(tree):
    for name in ("ü.py", os.fsdecode(b"not-utf8-\xff.py"), "new\nline.py", "tab\t.py"):
        tree.write(name, OLD)
    frozen = freeze(tree)
    for name in ("ü.py", os.fsdecode(b"not-utf8-\xff.py"), "new\nline.py", "tab\t.py"):
        path = str(tree.write(name, NEW))
        folder, file = frozen.find_file(path)
        assert not frozen.is_unchanged(file, path)
        assert frozen.read(file, folder, str(tree.root)) == OLD.encode()


def test_the_index_is_read_as_git_reads_it(tree):
    for i in range(20):  # names of each length, as entries are padded
        tree.write("a" * i + ".py", OLD * i)
    git(tree.root, "add", ".")
    listed = [line.split() for line in git(tree.root, "ls-files", "-s").splitlines()]
    found = git_index.entries((tree.root / ".git/index").read_bytes(), 20)
    seen = [[f"{git_index.mode_of(r):o}", git_index.hash_of(r), "0", path.decode()] for path, r in found]
    assert seen == listed
    for path, record in found:
        assert git_index.is_same(record, (tree.root / path.decode()).stat())
        made = git_index.make_record((tree.root / path.decode()).stat(), 0o100644, git_index.hash_of(record))
        assert git_index.is_same(made, (tree.root / path.decode()).stat())


@pytest.mark.parametrize("data", [b"DIRC\x00\x00\x00\x04\x00\x00\x00\x00", b"TREE\x00\x00\x00\x02\x00\x00\x00\x00"])
def test_another_format_is_left_to_git(data):
    assert git_index.entries(data, 20) is None


@pytest.mark.slow
def test_twenty_runs_see_the_start_while_everything_is_edited(tree):
    """Editing, deleting, checking out and stashing in turn while processes import."""
    import subprocess
    import sys

    from support.work_tree import PRELUDE

    freeze(tree)
    code = PRELUDE.format(saved=str(tree.saved), path=tree.path) + "import m, pkg.part; print(m.v, pkg.v, pkg.part.v)"
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tree.root.parent)
        for _ in range(20)
    ]
    turn = 0
    while any(process.poll() is None for process in processes):
        turn += 1
        tree.write("m.py", f"v = 'NEW{turn}'\n")
        (tree.root / "pkg/part.py").write_text(NEW)
        git(tree.root, "stash", "-q")
        git(tree.root, "checkout", "-q", "-B", f"other{turn % 2}")
        (tree.root / "pkg/__init__.py").unlink()
        git(tree.root, "checkout", "-q", ".")
    assert [process.communicate()[0] for process in processes] == ["OLD OLD OLD\n"] * 20
    assert turn
