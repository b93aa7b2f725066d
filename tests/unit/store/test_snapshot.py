from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyexp.store.snapshot import SnapshotError, take_snapshot
from pyexp.store.untracked import Limits
from support.processes import marked
from support.waiting import wait_until
from support.work_tree import git


def files_of(tree, commit):
    return git(tree, "ls-tree", "-r", "--name-only", commit).splitlines()


def bytes_of(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def everything(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


@pytest.fixture
def tree(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "main.py").write_text("one")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


@pytest.mark.slow
def test_snapshot_holds_the_tree_and_changes_nothing(tree):
    (tree / "main.py").write_text("two")
    (tree / "new.py").write_text("new")
    (tree / "ignored").write_text("no")
    (tree / "out").mkdir()
    (tree / "out" / "result").write_text("no")
    before = git(tree, "status", "--porcelain"), git(tree, "stash", "list"), git(tree, "branch", "-a")

    commit = take_snapshot(tree, [tree / "out"]).commit

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

    commit = take_snapshot(tree, outputs).commit

    assert git(tree, "ls-tree", "-r", "--name-only", commit).split() == [".gitignore", "main.py"]


def test_no_work_tree_is_said_in_a_few_words(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(SnapshotError):
        take_snapshot(tmp_path, [tmp_path / "out"])


# So it is below some launchers and daemons: the system keeps no exit codes, and Python takes them for 0.
IGNORING = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from pyexp.store.snapshot import SnapshotError, take_snapshot
try:
    print(take_snapshot(Path(sys.argv[1]), [Path(sys.argv[1]) / "out"]).commit)
except SnapshotError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signal")
@pytest.mark.parametrize("has_tree", [True, False])
@pytest.mark.slow
def test_where_exit_codes_are_not_kept(tree, tmp_path_factory, has_tree):
    folder = tree if has_tree else tmp_path_factory.mktemp("no-tree")
    command = [sys.executable, "-c", IGNORING, str(folder)]
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}

    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert told == (git(tree, "rev-parse", "HEAD") if has_tree else f"{folder} is not in a git work tree")


def test_no_git_is_said_in_a_few_words(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SnapshotError, match="git is not installed"):
        take_snapshot(tmp_path, [tmp_path / "out"])


def test_a_clean_tree_is_head_and_has_a_ref(tree):
    head = git(tree, "rev-parse", "HEAD")
    assert take_snapshot(tree, [tree / "out"]).commit == head
    assert git(tree, "for-each-ref", "--format=%(objectname)", "refs/pyexp/") == head


def test_a_touched_file_is_no_change(tree):
    os.utime(tree / "main.py")
    assert take_snapshot(tree, []).commit == git(tree, "rev-parse", "HEAD")


def test_what_is_staged_but_not_changed_since_is_taken(tree):
    (tree / "main.py").write_text("two")
    git(tree, "add", "main.py")
    commit = take_snapshot(tree, []).commit
    assert git(tree, "show", f"{commit}:main.py") == "two"


@pytest.mark.slow
def test_an_equal_tree_is_the_same_commit(tree):
    (tree / "new.py").write_text("new")
    commits = {take_snapshot(tree, [tree / "out"]).commit for _ in range(3)}
    (tree / "new.py").unlink()
    commits.add(take_snapshot(tree, []).commit)
    (tree / "new.py").write_text("new")
    commits.add(take_snapshot(tree, []).commit)
    assert len(commits) == 2
    assert len(git(tree, "for-each-ref", "refs/pyexp/").splitlines()) == 2


@pytest.mark.slow
def test_before_the_first_commit(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "main.py").write_text("one")
    commits = {take_snapshot(tmp_path, []).commit for _ in range(2)}
    assert len(commits) == 1
    assert files_of(tmp_path, commits.pop()) == ["main.py"]


def change_of_mode(tree):
    (tree / "main.py").chmod(0o755)


def change_to_a_folder(tree):
    (tree / "main.py").unlink()
    (tree / "main.py").mkdir()
    (tree / "main.py" / "part.py").write_text("part")


def change_to_a_link(tree):
    (tree / "main.py").unlink()
    (tree / "main.py").symlink_to("nowhere")


def deletion(tree):
    (tree / "main.py").unlink()


def conflict(tree):
    for branch, text in (("a", "A"), ("b", "B")):
        git(tree, "checkout", "-q", "-b", branch, "HEAD" if branch == "a" else "HEAD~")
        (tree / "main.py").write_text(text)
        git(tree, "commit", "-qam", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(tree, "merge", "a")


def intent_to_add(tree):
    (tree / "new.py").write_text("new")
    git(tree, "add", "-N", "new.py")


def odd_names(tree):
    for name in ("new\nline.py", "? 100644 x.py", "tab\t.py", "-m.py", "*.py", ' "quoted".py', "ü.py", "a:b.py", "#x"):
        (tree / name).write_text(name)
    (tree / os.fsdecode(b"not-utf8-\xff.py")).write_text("bytes")
    git(tree, "add", "? 100644 x.py", "tab\t.py")
    (tree / "tab\t.py").write_text("two")


def changed_by_flagged_files(tree):
    git(tree, "update-index", "--assume-unchanged", "main.py")
    (tree / "flagged.py").write_text("one")
    git(tree, "add", "flagged.py")
    git(tree, "commit", "-qm", "second")
    git(tree, "update-index", "--skip-worktree", "flagged.py")
    (tree / "main.py").write_text("two")
    (tree / "flagged.py").write_text("two")


def a_compressed_index(tree):
    git(tree, "update-index", "--index-version=4")
    (tree / "main.py").write_text("two")


def a_split_index(tree):
    git(tree, "update-index", "--split-index")
    (tree / "main.py").write_text("two")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="names and modes that it does not have")
@pytest.mark.parametrize(
    "change",
    [
        change_of_mode,
        change_to_a_folder,
        change_to_a_link,
        deletion,
        conflict,
        intent_to_add,
        odd_names,
        changed_by_flagged_files,
        a_compressed_index,
        a_split_index,
    ],
    ids=lambda change: change.__name__,
)
def test_the_snapshot_is_what_stands_in_the_folder(tree, tmp_path_factory, change):
    change(tree)
    before = (tree / ".git/index").read_bytes()
    for _ in range(2):  # the second time, what has been hashed is known
        commit = take_snapshot(tree, []).commit
    copy = tmp_path_factory.mktemp("copy")
    git(tree, "--work-tree", str(copy), "-c", "core.bare=false", "read-tree", "--index-output=.git/other", commit)
    subprocess.run(
        ["git", f"--work-tree={copy}", "checkout-index", "--all"],
        cwd=tree,
        env=os.environ | {"GIT_INDEX_FILE": str(tree / ".git/other")},
        check=True,
    )
    assert (tree / ".git/index").read_bytes() == before
    ours = [path for path in everything(tree) if path.parts[0] != ".git"]
    assert ours == everything(copy)
    for path in ours:
        assert (tree / path).is_symlink() == (copy / path).is_symlink()
        if (tree / path).is_file():
            assert (tree / path).read_bytes() == (copy / path).read_bytes()
            assert (tree / path).stat().st_mode & 0o100 == (copy / path).stat().st_mode & 0o100


@pytest.mark.slow
def test_an_edit_in_the_same_moment_as_git_add_is_seen(tree):
    for i in range(20):
        (tree / "main.py").write_text(f"a{i:03}")
        git(tree, "add", "main.py")
        (tree / "main.py").write_text(f"b{i:03}")
        commit = take_snapshot(tree, []).commit
        assert git(tree, "show", f"{commit}:main.py") == f"b{i:03}"


@pytest.mark.slow
def test_large_data_is_left_out_and_named_once(tree):
    (tree / "data").mkdir()
    for i in range(4):
        with open(tree / "data" / f"{i}.bin", "wb") as file:
            file.truncate(3_000_000_000 + i)
    (tree / "data/small.csv").write_text("1,2")
    before = bytes_of(tree / ".git")

    snapshot = take_snapshot(tree, [])

    assert files_of(tree, snapshot.commit) == [".gitignore", "data/small.csv", "main.py"]
    (note,) = snapshot.notes
    assert note.startswith("4 untracked files are not in the git snapshot (12 GB; the largest is data/3.bin)")
    assert ".gitignore" in note
    assert "`git add`" in note
    assert snapshot.outside == ("data/0.bin", "data/1.bin", "data/2.bin", "data/3.bin")
    assert bytes_of(tree / ".git") - before < 10_000
    (tree / ".gitignore").write_text("ignored\n*.bin\n")
    assert take_snapshot(tree, []).notes == ()


@pytest.mark.slow
def test_sources_come_before_data_where_not_all_fits(tree):
    (tree / "data").mkdir()
    for i in range(30):
        (tree / "data" / f"{i:02}.csv").write_text("x" * 100)
    (tree / "zeta.py").write_text("y" * 150)
    snapshot = take_snapshot(tree, [], limits=Limits(file_bytes=200, total_bytes=1000))
    kept = files_of(tree, snapshot.commit)
    assert "zeta.py" in kept
    assert len(kept) == 3 + 8
    assert len(snapshot.outside) == 22


@pytest.mark.slow
def test_a_tracked_file_is_taken_whatever_its_size(tree):
    (tree / "weights.bin").write_bytes(b"x" * 1000)
    limits = Limits(file_bytes=100, total_bytes=100)
    assert "weights.bin" not in files_of(tree, take_snapshot(tree, [], limits=limits).commit)
    git(tree, "add", "weights.bin")
    (tree / "weights.bin").write_bytes(b"y" * 1000)
    assert "weights.bin" in files_of(tree, take_snapshot(tree, [], limits=limits).commit)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_left_out(tree):
    (tree / "secret").write_text("x")
    (tree / "secret").chmod(0)
    assert files_of(tree, take_snapshot(tree, []).commit) == [".gitignore", "main.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such pipes")
def test_pipes_and_nested_repositories_are_left_out(tree):
    os.mkfifo(tree / "pipe")
    (tree / "nested").mkdir()
    git(tree / "nested", "init", "-q")
    (tree / "nested/x.py").write_text("x")
    snapshot = take_snapshot(tree, [])
    assert files_of(tree, snapshot.commit) == [".gitignore", "main.py"]
    assert snapshot.outside == ("nested",)


def recording_filter(tree):
    """Have git call a filter for ``*.dat`` that notes each file it reads."""
    git(tree, "config", "filter.note.clean", "echo %f >> .git/read; cat")
    (tree / ".gitattributes").write_text("*.dat filter=note\n")
    git(tree, "add", ".gitattributes")
    git(tree, "commit", "-qm", "attributes")


def age(tree, monkeypatch):
    """Have files written now count as written long ago."""
    monkeypatch.setattr("pyexp.store.hashed._TICK_NS", -(10**12))


@pytest.mark.slow
def test_unchanged_large_files_are_read_once(tree, monkeypatch):
    recording_filter(tree)
    age(tree, monkeypatch)
    (tree / "tracked.dat").write_text("1")
    git(tree, "add", "tracked.dat")
    git(tree, "commit", "-qm", "data")
    (tree / "tracked.dat").write_text("two" * 100_000)
    (tree / "new.dat").write_text("new" * 100_000)
    (tree / ".git/read").write_text("")
    first = take_snapshot(tree, []).commit
    assert sorted((tree / ".git/read").read_text().split()) == ["new.dat", "tracked.dat"]
    assert take_snapshot(tree, []).commit == first
    assert len((tree / ".git/read").read_text().split()) == 2
    (tree / "new.dat").write_text("other" * 60_000)
    assert git(tree, "show", f"{take_snapshot(tree, []).commit}:new.dat") == "other" * 60_000
    assert (tree / ".git/read").read_text().split()[2:] == ["new.dat"]


@pytest.mark.slow
def test_a_file_written_just_now_is_read_again(tree):
    for text in ("a", "b", "a"):
        path = tree / "new.py"
        path.write_text(text)
        assert git(tree, "show", f"{take_snapshot(tree, []).commit}:new.py") == text


@pytest.mark.parametrize("damage", ["objects", "truncated", "other"])
@pytest.mark.slow
def test_what_is_kept_may_be_damaged_or_stale(tree, monkeypatch, damage):
    age(tree, monkeypatch)
    (tree / "new.py").write_text("new" * 100_000)
    commit = take_snapshot(tree, []).commit
    kept = tree / ".git/pyexp/hashed"
    if damage == "objects":
        git(tree, "update-ref", "-d", f"refs/pyexp/{commit[:12]}")
        git(tree, "gc", "-q", "--prune=now")
        with pytest.raises(subprocess.CalledProcessError):
            git(tree, "cat-file", "-e", commit)
    elif damage == "truncated":
        kept.write_bytes(kept.read_bytes()[:-5])
    else:
        kept.write_bytes(b"i\x01\x00\x00\x00")
    assert take_snapshot(tree, []).commit == commit
    assert git(tree, "show", f"{commit}:new.py") == "new" * 100_000


def slow_filter(tree, mark):
    git(tree, "config", "filter.slow.clean", f"cat; : {mark}; sleep 60")
    (tree / ".gitattributes").write_text("*.dat filter=slow\n")
    for name in ("a.py", "b.dat"):
        (tree / name).write_text(name)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_a_time_out_leaves_nothing_behind(tree):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    slow_filter(tree, mark)
    before = everything(tree / ".git")
    told = []
    with pytest.raises(SnapshotError, match=r"git update-index: not done after 1\.5 s"):
        take_snapshot(tree, [], timeout_s=1.5, on_slow=lambda: told.append(1))
    assert told == [1]
    assert everything(tree / ".git") == before
    wait_until(lambda: not marked(mark), what="the end of the filter")


@pytest.mark.slow
def test_a_failed_add_leaves_nothing_behind(tree):
    git(tree, "config", "filter.bad.clean", "false")
    git(tree, "config", "filter.bad.required", "true")
    (tree / ".gitattributes").write_text("*.dat filter=bad\n")
    for name in ("a.py", "b.dat"):
        (tree / name).write_text(name)
    before = everything(tree / ".git")
    with pytest.raises(SnapshotError, match="git update-index: "):
        take_snapshot(tree, [])
    assert everything(tree / ".git") == before


@pytest.mark.slow
def test_nothing_is_said_of_a_quick_one(tree):
    told = []
    take_snapshot(tree, [], on_slow=lambda: told.append(1))
    assert told == []


def test_what_a_killed_start_has_left_is_removed(tree):
    left = tree / ".git/objects/tmp_objdir-pyexp-old"
    young = tree / ".git/objects/tmp_objdir-pyexp-young"
    for folder in (left, young):
        folder.mkdir()
        (folder / "index").write_text("x")
    os.utime(left, (0, 0))
    take_snapshot(tree, [])
    assert not left.exists()
    assert young.exists()


def _take(folder):
    return take_snapshot(Path(folder), []).commit


@pytest.mark.skipif(sys.platform == "win32", reason="the pool of this test forks")
@pytest.mark.slow
def test_many_starts_at_once(tree):
    for i in range(50):
        (tree / f"new{i}.py").write_text(f"new {i}")
    with multiprocessing.get_context("fork").Pool(4) as pool:
        commits = set(pool.map(_take, [str(tree)] * 12, chunksize=1))
    assert len(commits) == 1
    assert len(files_of(tree, commits.pop())) == 52
    git(tree, "fsck", "--strict")
    assert [path for path in (tree / ".git/objects").iterdir() if path.name.startswith("tmp")] == []


@pytest.mark.slow
def test_submodules_are_kept_in_their_own_repositories(tree, tmp_path_factory):
    library = tmp_path_factory.mktemp("library")
    git(library, "init", "-q")
    (library / "lib.py").write_text("one")
    git(library, "add", ".")
    git(library, "commit", "-qm", "first")
    git(tree, "submodule", "--quiet", "add", str(library), "library")
    git(tree, "commit", "-qm", "submodule")
    clean = take_snapshot(tree, [])
    assert clean.commit == git(tree, "rev-parse", "HEAD")
    assert [part.commit for part in clean.submodules] == [git(tree / "library", "rev-parse", "HEAD")]
    (tree / "library/lib.py").write_text("two")
    (tree / "library/new.py").write_text("new")

    snapshot = take_snapshot(tree, [])

    (part,) = snapshot.submodules
    assert part.top == (tree / "library").resolve()
    assert git(tree / "library", "show", f"{part.commit}:lib.py") == "two"
    assert files_of(tree / "library", part.commit) == ["lib.py", "new.py"]
    assert git(tree, "rev-parse", f"{snapshot.commit}:library") == part.commit
    assert git(tree / "library", "for-each-ref", "--format=%(objectname)", "refs/pyexp/").count(part.commit) == 1


@pytest.mark.slow
def test_in_a_linked_work_tree(tree, tmp_path_factory):
    second = tmp_path_factory.mktemp("second") / "tree"
    git(tree, "worktree", "add", "-q", str(second))
    (second / "new.py").write_text("new")
    snapshot = take_snapshot(second, [])
    assert files_of(second, snapshot.commit) == [".gitignore", "main.py", "new.py"]
    assert git(tree, "cat-file", "-t", snapshot.commit) == "commit"


@pytest.mark.skipif(sys.platform == "win32", reason="names that it does not have")
@pytest.mark.parametrize("name", ["a:b", 'qu"ote:d', '"begin', "back\\slash:", "sp ace ü"])
@pytest.mark.slow
def test_a_folder_of_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "main.py").write_text("one")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    assert take_snapshot(folder, []).commit == git(folder, "rev-parse", "HEAD")
    (folder / "main.py").write_text("two")
    assert git(folder, "show", f"{take_snapshot(folder, []).commit}:main.py") == "two"


@pytest.mark.parametrize("name", ["out", "o*t", "o?t", "out [1]", "#out", "!out", "ou\\t", "out ", "a/b/out"])
@pytest.mark.slow
def test_an_output_folder_of_any_name(tree, name):
    (tree / name).mkdir(parents=True)
    (tree / name / "tracked").write_text("no")
    git(tree, "add", "-f", ".")
    (tree / name / "untracked").write_text("no")
    (tree / "out2").mkdir()
    (tree / "out2" / "kept").write_text("yes")
    commit = take_snapshot(tree, [tree / name]).commit
    assert files_of(tree, commit) == [".gitignore", "main.py", "out2/kept"]


@pytest.mark.slow
def test_a_sha256_repository(tmp_path):
    git(tmp_path, "init", "-q", "--object-format=sha256")
    (tmp_path / "main.py").write_text("one")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/result").write_text("no")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "new.py").write_text("new")
    snapshot = take_snapshot(tmp_path, [tmp_path / "out"])
    assert len(snapshot.commit) == 64
    assert files_of(tmp_path, snapshot.commit) == ["main.py", "new.py"]


def test_it_is_known_when_it_began(tree):
    (tree / "new.py").write_text("new")
    before = time.time_ns()
    snapshot = take_snapshot(tree / ".", [])
    assert before - 20_000_000 <= snapshot.started_ns <= time.time_ns()
    assert b"new.py" in snapshot.index
    assert snapshot.top == tree.resolve()
    assert snapshot.git_dir == (tree / ".git").resolve()
