"""Import hooks of other libraries, and loading a file by its path: they work in a run, with the code of the start."""

from __future__ import annotations

import importlib.util

import pytest

from support.work_tree import WorkTree

OLD = "v = 'OLD'\ndef f(x: int) -> str:\n    return v\n"

# As typeguard and jaxtyping do it: another loader for what Python's finder has found.
WRAPPED_FINDER = """
import sys
from importlib.machinery import PathFinder, SourceFileLoader
class Loader(SourceFileLoader):
    def source_to_code(self, data, path, *rest, **options):
        return super().source_to_code(data + b"\\nchecked = True", path, *rest, **options)
class Finder:
    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == "pkg.m" else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec
sys.meta_path.insert(0, Finder())
"""

# As beartype does it: Python's hook again with another loader, before Python's; it looks at the names of all hooks.
ANOTHER_PATH_HOOK = """
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
class Loader(SourceFileLoader):
    def source_to_code(self, data, path, *rest, **options):
        return super().source_to_code(data + b"\\nchecked = True", path, *rest, **options)
place = [hook.__name__ for hook in sys.path_hooks].index("path_hook_for_FileFinder")
sys.path_hooks.insert(place, FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (Loader, [".py"])))
sys.path_importer_cache.clear()
"""

BY_ITS_PATH = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("pkg.m", pathlib.Path(sys.path[0]) / "pkg" / "m.py")
sys.modules["pkg.m"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["pkg.m"])
sys.modules["pkg.m"].checked = True
"""

LAZILY = """
import importlib.util, sys
spec = importlib.util.find_spec("pkg.m")
spec.loader = importlib.util.LazyLoader(spec.loader)
sys.modules["pkg.m"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["pkg.m"])
sys.modules["pkg.m"].checked = True
"""

MODULE = "import importlib\nm = importlib.import_module('pkg.m')\n"

BEARTYPE = "from beartype.claw import beartype_package\nbeartype_package('pkg')\n"
TYPEGUARD = "from typeguard import install_import_hook\ninstall_import_hook('pkg')\n"


@pytest.fixture
def tree(tmp_path):
    tree = WorkTree(tmp_path / "tree")
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/m.py", OLD)
    tree.freeze()
    return tree


def edit(tree):
    tree.write("pkg/m.py", "\n\n" + OLD.replace("OLD", "NEW"))


def replace_by_a_package(tree):
    edit(tree)
    tree.write("pkg/m/__init__.py", OLD.replace("OLD", "NEW"))


def leave(tree):
    pass


def delete(tree):
    (tree.root / "pkg" / "m.py").unlink()


@pytest.mark.parametrize("change", [leave, edit, replace_by_a_package], ids=lambda change: change.__name__)
@pytest.mark.parametrize("hook", [WRAPPED_FINDER, ANOTHER_PATH_HOOK, BY_ITS_PATH, LAZILY])
@pytest.mark.slow
def test_hooks_do_their_work_on_the_code_of_the_start(tree, hook, change):
    change(tree)
    assert tree.python(f"{hook}{MODULE}print(m.v, m.checked)") == "OLD True"


@pytest.mark.parametrize("hook", [WRAPPED_FINDER, ANOTHER_PATH_HOOK, BY_ITS_PATH, LAZILY])
@pytest.mark.slow
def test_what_is_gone_is_found_with_hooks_too(tree, hook):
    delete(tree)
    assert tree.python(f"{hook}{MODULE}print(m.v)") == "OLD"


@pytest.mark.parametrize("change", [leave, edit, delete], ids=lambda change: change.__name__)
@pytest.mark.parametrize(("library", "hook"), [("beartype", BEARTYPE), ("typeguard", TYPEGUARD)])
@pytest.mark.slow
def test_checkers_of_types(tree, library, hook, change):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"needs {library}")
    change(tree)
    code = f"""{hook}
import pkg.m
try: print(pkg.m.v, pkg.m.f("not an integer"))
except Exception as error: print(pkg.m.v, "checked")
"""
    assert tree.python(code) == "OLD checked"
