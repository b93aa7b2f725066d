"""Editable installs whose sources are in the tree."""

from __future__ import annotations

import os
import shutil

import pytest

from support.work_tree import WorkTree

OLD, NEW = "v = 'OLD'\n", "v = 'NEW'\n"

# What setuptools writes as __editable___name_finder.py, less its namespaces.
FINDER = """
import sys
from importlib.util import spec_from_file_location
from itertools import chain
from importlib.machinery import all_suffixes as module_suffixes
from pathlib import Path

MAPPING = {mapping!r}

class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return cls._find_spec(fullname, Path(MAPPING[fullname]))
        return None

    @classmethod
    def _find_spec(cls, fullname, candidate_path):
        init = candidate_path / "__init__.py"
        candidates = (candidate_path.with_suffix(x) for x in module_suffixes())
        for candidate in chain([init], candidates):
            if candidate.exists():
                return spec_from_file_location(fullname, candidate)
        return None

sys.meta_path.append(_EditableFinder)
"""


@pytest.fixture
def tree(tmp_path):
    tree = WorkTree(tmp_path / "tree")
    tree.write("src/pkg/__init__.py", OLD)
    tree.write("src/pkg/part.py", OLD)
    tree.write("src/single.py", OLD)
    tree.freeze()
    tree.path = []
    return tree


def edit(tree):
    for name in ("src/pkg/__init__.py", "src/pkg/part.py", "src/single.py"):
        tree.write(name, NEW)


def delete(tree):
    shutil.rmtree(tree.root / "src")


def leave(tree):
    pass


CODE = "import pkg.part, single; print(pkg.v, pkg.part.v, single.v)"
changes = pytest.mark.parametrize("change", [edit, delete, leave], ids=lambda change: change.__name__)


@pytest.mark.slow
@changes
def test_a_finder_of_setuptools(tree, tmp_path, change):
    mapping = {"pkg": str(tree.root / "src/pkg"), "single": str(tree.root / "src/single")}
    (tmp_path / "site").mkdir()
    (tmp_path / "site/__editable___pkg_finder.py").write_text(FINDER.format(mapping=mapping))
    change(tree)
    code = f"""
from pyexp.code.snapshot.install import uninstall
uninstall()
sys.path.append({str(tmp_path / "site")!r})
import __editable___pkg_finder
install({str(tree.saved)!r})
"""
    assert tree.python(code + CODE) == "OLD OLD OLD"


@changes
@pytest.mark.slow
def test_a_folder_on_the_path(tree, change):
    change(tree)
    tree.path = [str(tree.root / "src")]
    assert tree.python(CODE) == "OLD OLD OLD"


@changes
@pytest.mark.slow
def test_a_folder_of_links(tree, change):
    """As setuptools' strict mode has it."""
    links = tree.root / "build/__editable__.pkg-1/pkg"
    links.mkdir(parents=True)
    for name in ("__init__.py", "part.py"):
        (links / name).symlink_to(tree.root / "src/pkg" / name)
    (links.parent / "single.py").symlink_to(tree.root / "src/single.py")
    change(tree)
    tree.path = [str(links.parent)]
    assert tree.python(CODE) == "OLD OLD OLD"


@pytest.mark.slow
def test_finders_of_others_answer_as_ever(tree, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/elsewhere.py").write_text(NEW)
    mapping = {"elsewhere": str(tmp_path / "site/elsewhere"), "gone": str(tmp_path / "site/gone")}
    code = FINDER.format(mapping=mapping).replace("append(", "insert(0, ")
    code = f"""
from pyexp.code.snapshot.install import uninstall
uninstall()
{code}
install({str(tree.saved)!r})
import elsewhere
print(elsewhere.v, type(elsewhere.__loader__).__name__)
try: import gone
except ModuleNotFoundError as error: print(error)
uninstall()
print([type(finder).__name__ for finder in sys.meta_path if type(finder).__module__.startswith("pyexp.code")])
"""
    said = tree.python(code).splitlines()
    assert said == ["NEW SourceFileLoader", "No module named 'gone'", "[]"]
    assert os.path.isdir(tree.root)
