"""What the finder takes for the code of the start and what it leaves to Python; installing and uninstalling it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.edits import NEW, OLD
from support.work_tree import WorkTree, git


@pytest.fixture
def tree(tmp_path):
    return WorkTree(tmp_path / "work tree ü")


@pytest.mark.slow
def test_new_and_ignored_files_are_seen(tree):
    tree.write("m.py", OLD)
    tree.write("pkg/__init__.py", "")
    tree.freeze()
    tree.write("fresh.py", NEW)
    tree.write("pkg/fresh.py", NEW)
    tree.write("room/__init__.py", NEW)
    tree.write("ignored_version.py", NEW)
    code = f"""
import fresh, pkg.fresh, room, ignored_version, importlib, pathlib
pathlib.Path({str(tree.root)!r}, "generated.py").write_text({NEW!r})
importlib.invalidate_caches()
import generated
print(fresh.v, pkg.fresh.v, room.v, ignored_version.v, generated.v)
"""
    assert tree.python(code) == "NEW NEW NEW NEW NEW"


@pytest.mark.slow
def test_a_new_file_takes_no_name_of_another_module(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.write("lib/second.py", OLD)
    (tmp_path / "else").mkdir()
    (tmp_path / "else/third.py").write_text(OLD)
    tree.path += [str(tree.root), str(tree.root / "lib"), str(tmp_path / "else")]
    tree.freeze()
    for name in ("colorsys.py", "second.py", "third/__init__.py"):
        tree.write(name, NEW)
    code = "import colorsys, second, third; print(hasattr(colorsys, 'v'), second.v, third.v)"
    assert tree.python(code) == "False OLD OLD"


@pytest.mark.slow
def test_an_ignored_file_keeps_the_name_of_another_module(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.write("space/a.py", OLD)
    tree.write("ignored.py", OLD)
    (tmp_path / "ignored.py").write_text(NEW)
    tree.path.append(str(tmp_path))
    tree.freeze()
    assert tree.python("import ignored; print(ignored.v)") == "OLD"


@pytest.mark.slow
def test_nested_repositories_are_what_they_are_and_hide_what_they_hid(tree, tmp_path):
    tree.write("m.py", OLD)
    inner = WorkTree(tmp_path / "inner")
    inner.write("part.py", OLD)
    inner.write("__init__.py", OLD)
    inner.freeze()
    git(tree.root, "submodule", "--quiet", "add", str(inner.root), "inner")
    tree.freeze()
    tree.path.append(str(tmp_path))
    assert tree.python("import inner.part; print(inner.__file__)") == str(tree.root / "inner/__init__.py")
    (tree.root / "inner/part.py").write_text("v = 'of another size'\n")
    assert tree.python("import inner.part; print(inner.part.v, inner.v)") == "of another size OLD"


@pytest.mark.slow
def test_data_of_a_package(tree):
    tree.write("pkg/__init__.py", OLD)
    tree.write("pkg/data/table.csv", "old")
    tree.freeze()
    tree.write("pkg/__init__.py", NEW)
    tree.write("pkg/data/table.csv", "new")
    code = """
import importlib.resources, pkgutil, pkg
print(pkg.v, (importlib.resources.files(pkg) / "data/table.csv").read_text(), pkgutil.get_data("pkg", "data/table.csv"))
print([module.name for module in pkgutil.iter_modules(pkg.__path__)])
"""
    assert tree.python(code).splitlines() == ["OLD new b'new'", "[]"]


@pytest.mark.slow
def test_an_environment_in_the_tree_is_left_to_python(tree):
    tree.write("m.py", OLD)
    tree.write(".venv/lib/site-packages/third.py", OLD)
    tree.path.append(str(tree.root / ".venv/lib/site-packages"))
    tree.freeze()
    tree.write("m.py", NEW)
    tree.write(".venv/lib/site-packages/third.py", NEW)
    code = "import m, third; print(m.v, third.v, type(third.__loader__).__name__)"
    assert tree.python(code) == "OLD NEW SourceFileLoader"


@pytest.mark.slow
def test_code_that_git_does_not_have_any_more(tree):
    tree.write("m.py", OLD)
    tree.write("n.py", OLD)
    commit = tree.freeze()
    tree.write("m.py", NEW)
    shutil.rmtree(tree.root / ".git")
    code = """
import n
try: import m
except ImportError as error: print(error)
"""
    said = tree.python(code)
    assert said.startswith(
        f"m.py has changed since the experiment was started, and its code of then (commit {commit[:12]})"
    )
    assert "\n" not in said


@pytest.mark.slow
def test_the_list_of_files_is_gone(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    code = f"""
import os; os.unlink({str(tree.saved)!r})
try: import m
except OSError as error: print(error)
"""
    assert "cannot be read any more" in tree.python(code)


@pytest.mark.slow
def test_many_changed_files_are_one_question(tree):
    names = [f"m{i}.py" for i in range(40)]
    for name in names:
        tree.write(name, OLD)
    tree.freeze()
    for name in names:
        tree.write(name, NEW)
    code = """
import sys, importlib
asked = []
sys.addaudithook(lambda event, arguments: event == "subprocess.Popen" and asked.append(arguments))
print({importlib.import_module(f"m{i}").v for i in range(40)}, len(asked))
"""
    assert tree.python(code) == "{'OLD'} 1"


@pytest.mark.slow
def test_nothing_stays_after_uninstalling(tree):
    tree.write("m.py", OLD)
    tree.write("n.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    tree.write("n.py", NEW)
    code = """
import m
from pyexp.code.snapshot.install import uninstall
hooks = len(sys.path_hooks), len(sys.meta_path)
uninstall()
import n
print(m.v, n.v, hooks[0] - len(sys.path_hooks))
"""
    assert tree.python(code) == "OLD NEW 1"


@pytest.mark.slow
def test_installed_twice_it_is_there_once(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    code = f"""
before = list(sys.path_hooks), list(sys.meta_path)
install({str(tree.saved)!r})
print(before == (sys.path_hooks, sys.meta_path))
"""
    assert tree.python(code) == "True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.slow
def test_a_forked_child_has_it_and_its_parent_does_not(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    code = f"""
import os, sys
sys.path[0:1] = [{str(tree.root)!r}]
sys.path_importer_cache.clear()
try: import nothing_of_that_name
except ImportError: pass
if os.fork() == 0:
    from pyexp.code.snapshot.install import install
    install({str(tree.saved)!r})
    import m
    print(m.v, flush=True)
    os._exit(0)
os.wait()
import m
print(m.v)
"""
    done = tree.start(["-c", code])
    assert done.stdout.split() == ["OLD", "NEW"], done.stderr


def test_the_racy_moment_is_decided_by_content(tree):
    """An edit that no time stamp tells: as on file systems whose clock ticks slowly."""
    import time

    from pyexp.code.snapshot.taking import take_tree
    from pyexp.code.snapshot.tree import Root

    path = tree.write("m.py", OLD)
    commit = tree.freeze()
    git_dir = git(tree.root, "rev-parse", "--absolute-git-dir")
    path.write_text(NEW)  # after git has read it, before its state is noted
    root = Root(top=str(tree.root), git_dir=git_dir, commit=commit)
    frozen = take_tree([root], started_ns=time.time_ns())
    assert not frozen.is_unchanged(frozen.files("")["m.py"], str(path))
    path.write_text(OLD)
    assert frozen.is_unchanged(frozen.files("")["m.py"], str(path))


@pytest.mark.slow
def test_python_of_another_folder_is_left_alone(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    code = "import json.tool, pyexp; print(type(json.__loader__).__name__, type(pyexp.__loader__).__name__)"
    assert tree.python(code) == "SourceFileLoader SourceFileLoader"


@pytest.mark.slow
def test_a_sha256_repository(tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256", ".")
    tree = WorkTree(root)
    tree.write("m.py", OLD)
    assert len(tree.freeze(is_settled=False)) == 64
    assert tree.python("import m; print(m.v)") == "OLD"
    tree.write("m.py", NEW)
    assert tree.python("import m; print(m.v)") == "OLD"


@pytest.mark.slow
def test_a_linked_work_tree(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.freeze()
    git(tree.root, "worktree", "add", "-q", str(tmp_path / "second"))
    second = WorkTree(tmp_path / "second")
    second.freeze()
    second.write("m.py", NEW)
    assert second.python("import m; print(m.v)") == "OLD"


@pytest.mark.slow
def test_environment_of_another_repository(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    misleading = {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_WORK_TREE": str(Path(sys.prefix))}
    assert tree.python("import m; print(m.v)", env=misleading) == "OLD"
