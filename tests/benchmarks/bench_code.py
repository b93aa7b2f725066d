"""The "Code" table: what it costs that runs import the code of the start, and what a snapshot costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import medians, row, taken
from table import Row, print_table

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = 20_000
PER_FOLDER = 50
MODULES = 400

# Imports modules and prints the seconds of CPU that each took, and those that installing the hook did.
IMPORTS = """
import sys, time
sys.path.insert(0, {root!r})
import {package}
install_s = 0.0
if {saved!r}:
    from pyexp.code.install import install
    begin = time.process_time()
    install({saved!r})
    install_s = time.process_time() - begin
    del sys.modules[{package!r}]
    import {package}
names = [f"{package}.m{{i}}" for i in range({count})]
begin = time.process_time()
for name in names:
    __import__(name)
print((time.process_time() - begin) / len(names), install_s)
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* and give what it prints."""
    options = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"]
    done = subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_tree(folder: Path, files: int, per_folder: int) -> Path:
    """Make a committed work tree of *files* modules."""
    folder.mkdir()
    git(folder, "init", "-q", ".")
    for i in range(files):
        path = folder / f"pkg{i // per_folder}" / f"m{i % per_folder}.py"
        if i % per_folder == 0:
            path.parent.mkdir()
            (path.parent / "__init__.py").touch()
        path.write_text(f"x = {i}\n")
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "bench")
    git(folder, "gc", "-q")
    time.sleep(2.5)  # until the files are older than a snapshot's moment
    return folder


def freeze(folder: Path, saved: Path) -> None:
    """All that a start does about the code."""
    from pyexp.code.taking import save_tree, take_tree
    from pyexp.code.tree import Root
    from pyexp.store.snapshot import take_snapshot

    snapshot = take_snapshot(folder, [folder / "out"])
    root = Root(top=str(snapshot.top), git_dir=str(snapshot.git_dir), commit=snapshot.commit, index=snapshot.index)
    save_tree(take_tree([root], started_ns=snapshot.started_ns, outside=snapshot.outside), saved)


def imports(folder: Path) -> list[Row]:
    """Imports from a tree, unedited and edited, beside plain ones."""
    tree = make_tree(folder / "imported", MODULES, MODULES)
    saved = folder / "imported.tree"
    freeze(tree, saved)
    code = IMPORTS.format(root=str(tree), package="pkg0", count=MODULES, saved="{saved}")
    figures = medians(
        {
            "plain": partial(_first, code.replace("'{saved}'", "''")),
            "hooked": partial(_first, code.replace("{saved}", str(saved))),
            "install": partial(_second, code.replace("{saved}", str(saved))),
        },
        rounds=9,
    )
    for path in (tree / "pkg0").glob("m*.py"):
        path.write_text("x = None\n")
    edited = medians({"edited": partial(_first, code.replace("{saved}", str(saved)))}, rounds=3)
    over = float(figures["hooked"]) - float(figures["plain"])
    return [
        Row(what="import of an unedited module, over a plain one", ours=over, target=20e-6),
        Row(what="import of a plain module", ours=float(figures["plain"])),
        Row(what="import of an edited module", ours=float(edited["edited"])),
        Row(what="installing the hook", ours=float(figures["install"]), target=0.5e-3),
    ]


def _first(code: str) -> float:
    return float(_python(code).split()[0])


def _second(code: str) -> float:
    return float(_python(code).split()[1])


def snapshots(folder: Path) -> list[Row]:
    """A start's snapshot in a large tree, beside the least that git itself needs, and with data in the tree."""
    tree = make_tree(folder / "large", FILES, PER_FOLDER)
    saved = folder / "large.tree"
    clean = medians(
        {"ours": partial(taken, partial(freeze, tree, saved)), "floor": partial(taken, partial(plain, tree))}
    )
    (tree / "data").mkdir()
    for i in range(10):
        with open(tree / "data" / f"{i}.bin", "wb") as file:
            file.truncate(1_000_000_000)
    before = bytes_of(tree / ".git")
    data = medians({"ours": partial(taken, partial(freeze, tree, saved))})
    grown = bytes_of(tree / ".git") - before
    loading = float(_python(_loading(saved)))
    return [
        row(f"snapshot and file list, {FILES:,} files; floor: the snapshot by `git add`", 1.5, clean),
        row("the same with 10 GB of untracked data, over no snapshot", 0.5, data),
        Row(what="growth of .git by that", ours=grown / 1000, unit="kB", target=1000),
        Row(what="the file list in a run's process", ours=loading),
        Row(what="size of the file list", ours=saved.stat().st_size / 1e6, unit="MB"),
    ]


def plain(tree: Path) -> None:
    """A snapshot by the calls to git that it took before there were limits and a file list."""
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        index = Path(name, "index")
        for question in (["--show-toplevel"], ["--absolute-git-dir"], ["--verify", "HEAD"]):
            head = git(tree, "rev-parse", *question)
        index.write_bytes((tree / ".git/index").read_bytes())
        environment = os.environ | {"GIT_INDEX_FILE": str(index)}
        call = partial(subprocess.run, cwd=tree, env=environment, check=True, capture_output=True, text=True)
        subprocess.run(["git", "check-ignore", "--", "out"], cwd=tree, check=False, capture_output=True)
        call(["git", "add", "--all", "--", ".", ":(exclude,literal)out"])
        call(["git", "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", "out"])
        made = call(["git", "write-tree"]).stdout.strip()
        commit = git(tree, "commit-tree", made, "-p", head, "-m", "bench")
    git(tree, "update-ref", "refs/bench/last", commit)


def bytes_of(folder: Path) -> int:
    """Bytes of all files in *folder*."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _loading(saved: Path) -> str:
    return (
        "import time; from pyexp.code.tree import load_tree; begin = time.perf_counter(); "
        f"load_tree({str(saved)!r}).files('pkg7'); print(time.perf_counter() - begin)"
    )


def _python(code: str) -> str:
    """Run *code* and give its last line."""
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    groups: tuple[Callable[[Path], list[Row]], ...] = (imports, snapshots)
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        print_table("Code", list(chain.from_iterable(group(Path(name)) for group in groups)))
