"""What is imported after an edit is the code of the start; each import in a process of its own."""

from __future__ import annotations

import shutil

import pytest

from support.edits import CHANGES, NEW, OLD
from support.work_tree import WorkTree, git


@pytest.fixture
def tree(tmp_path):
    return WorkTree(tmp_path / "work tree ü")


@pytest.mark.parametrize("is_settled", [True, False], ids=["settled", "just-written"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.slow
def test_a_module_is_that_of_the_start(tree, change, is_settled):
    tree.write("m.py", OLD)
    tree.freeze(is_settled=is_settled)
    change(tree)
    assert tree.python("import m; print(m.v, m.__file__)") == f"OLD {tree.root / 'm.py'}"


@pytest.mark.slow
def test_git_checkout_and_stash(tree):
    tree.write("m.py", OLD)
    tree.write("pkg/__init__.py", "from . import part")
    tree.write("pkg/part.py", OLD)
    tree.freeze()
    git(tree.root, "checkout", "-q", "-b", "other")
    git(tree.root, "rm", "-rq", "pkg")
    tree.write("m.py", NEW)
    git(tree.root, "commit", "-qam", "other")
    code = "import m, pkg; print(m.v, pkg.part.v)"
    assert tree.python(code) == "OLD OLD"
    git(tree.root, "checkout", "-q", "-")
    assert tree.python(code) == "OLD OLD"
    tree.write("m.py", NEW)
    git(tree.root, "stash")
    assert tree.python(code) == "OLD OLD"


@pytest.mark.slow
@pytest.mark.parametrize("is_deleted", [False, True], ids=["edited", "deleted"])
@pytest.mark.parametrize(
    "names",
    [
        ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/m.py"],
        ["pkg/sub/m.py"],
        ["pkg/__init__.py", "pkg/sub/m.py"],
        ["src/pkg/__init__.py", "src/pkg/sub/m.py"],
    ],
    ids=["packages", "namespaces", "a-namespace-in-a-package", "src"],
)
def test_packages_of_all_kinds(tree, names, is_deleted):
    for name in names:
        tree.write(name, OLD)
    tree.path = [str(tree.root / "src"), str(tree.root)]
    tree.freeze()
    if is_deleted:
        shutil.rmtree(tree.root / names[0].partition("/")[0])
    else:
        for name in names:
            tree.write(name, NEW)
    code = "import pkg.sub.m; print(pkg.sub.m.v, getattr(pkg, 'v', 'OLD'), getattr(pkg.sub, 'v', 'OLD'))"
    assert tree.python(code) == "OLD OLD OLD"


@pytest.mark.slow
def test_a_namespace_is_joined_from_inside_and_outside(tree, tmp_path):
    tree.write("space/inner.py", OLD)
    (tmp_path / "else/space").mkdir(parents=True)
    (tmp_path / "else/space/outer.py").write_text(OLD)
    tree.freeze()
    tree.path.append(str(tmp_path / "else"))
    tree.write("space/__init__.py", NEW)
    (tmp_path / "else/space/outer.py").write_text(NEW)
    code = "import space.inner, space.outer; print(space.inner.v, space.outer.v, len(space.__path__))"
    assert tree.python(code) == "OLD NEW 2"


@pytest.mark.slow
def test_relative_and_lazy_imports_and_an_edit_while_the_process_lives(tree):
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/a.py", "def late():\n    from . import b\n    from .c import v\n    return b.v, v\n")
    tree.write("pkg/b.py", OLD)
    tree.write("pkg/c.py", OLD)
    tree.freeze()
    code = f"""
import pkg.a, pathlib
for name in "abc": pathlib.Path({str(tree.root)!r}, "pkg", name + ".py").write_text({NEW!r})
print(*pkg.a.late())
"""
    assert tree.python(code) == "OLD OLD"


@pytest.mark.slow
def test_reload_and_run_module(tree):
    tree.write("m.py", OLD + "print(v, __name__)")
    tree.write("pkg/__main__.py", OLD + "print(v, __package__)")
    tree.freeze()
    tree.write("m.py", NEW)
    tree.write("pkg/__main__.py", NEW)
    code = (
        "import importlib, runpy, m; importlib.reload(m); runpy.run_module('m', run_name='x'); runpy.run_module('pkg')"
    )
    assert tree.python(code).splitlines() == ["OLD m", "OLD m", "OLD x", "OLD pkg"]


@pytest.mark.slow
def test_an_edit_between_two_reloads(tree):
    path = tree.write("m.py", OLD)
    tree.freeze()
    code = f"""
import importlib, pathlib, m
pathlib.Path({str(path)!r}).write_text({NEW!r}); importlib.reload(m); print(m.v)
pathlib.Path({str(path)!r}).unlink(); importlib.reload(m); print(m.v)
"""
    assert tree.python(code) == "OLD\nOLD"
