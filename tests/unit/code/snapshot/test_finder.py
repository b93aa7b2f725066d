"""What is imported after an edit is the code of the start; each import in a process of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.work_tree import WorkTree, git

OLD, NEW = "v = 'OLD'\n", "v = 'NEW'\n"


@pytest.fixture
def tree(tmp_path):
    return WorkTree(tmp_path / "work tree ü")


def edit(tree):
    tree.write("m.py", NEW)


def edit_in_place(tree):
    (tree.root / "m.py").write_text(NEW)


def set_time_back(tree):
    before = (tree.root / "m.py").stat()
    (tree.root / "m.py").write_text(NEW)
    os.utime(tree.root / "m.py", ns=(before.st_atime_ns, before.st_mtime_ns))


def delete(tree):
    (tree.root / "m.py").unlink()


def rename(tree):
    (tree.root / "m.py").rename(tree.root / "n.py")


def replace_by_package(tree):
    tree.write("m/__init__.py", NEW)


def replace_by_folder(tree):
    delete(tree)
    (tree.root / "m.py").mkdir()


def replace_by_link(tree):
    tree.write("n.py", NEW)
    delete(tree)
    (tree.root / "m.py").symlink_to("n.py")


def replace_by_bytecode(tree):
    import py_compile

    py_compile.compile(str(tree.write("m.py", NEW)), cfile=str(tree.root / "m.pyc"), doraise=True)
    delete(tree)


def replace_by_sources_of_an_extension(tree):
    import sysconfig

    tree.write("m" + sysconfig.get_config_var("EXT_SUFFIX"), b"no library")


def touch(tree):
    os.utime(tree.root / "m.py")


def leave(tree):
    pass


CHANGES = [
    edit,
    edit_in_place,
    set_time_back,
    delete,
    rename,
    replace_by_package,
    replace_by_folder,
    replace_by_link,
    replace_by_bytecode,
    replace_by_sources_of_an_extension,
    touch,
    leave,
]


@pytest.mark.parametrize("is_settled", [True, False], ids=["settled", "just-written"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.slow
def test_a_module_is_that_of_the_start(tree, change, is_settled):
    tree.write("m.py", OLD)
    tree.freeze(is_settled=is_settled)
    change(tree)
    assert tree.python("import m; print(m.v, m.__file__)") == f"OLD {tree.root / 'm.py'}"


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


def test_an_edit_between_two_reloads(tree):
    path = tree.write("m.py", OLD)
    tree.freeze()
    code = f"""
import importlib, pathlib, m
pathlib.Path({str(path)!r}).write_text({NEW!r}); importlib.reload(m); print(m.v)
pathlib.Path({str(path)!r}).unlink(); importlib.reload(m); print(m.v)
"""
    assert tree.python(code) == "OLD\nOLD"


@pytest.mark.parametrize("change", [edit, delete, leave], ids=lambda change: change.__name__)
def test_a_script_that_is_run_again(tree, change):
    tree.write("m.py", OLD + "print(v, __name__, __file__)")
    tree.freeze()
    change(tree)
    path = str(tree.root / "m.py")
    assert tree.python(f"import runpy; runpy.run_path({path!r}, run_name='x')") == f"OLD x {path}"


def test_a_script_without_suffix(tree):
    tree.write("bin/train", OLD + "print(v)")
    tree.freeze(script=tree.root / "bin/train")
    tree.write("bin/train", NEW + "print(v)")
    assert tree.python(f"import runpy; runpy.run_path({str(tree.root / 'bin/train')!r})") == "OLD"


def test_the_truth_about_the_source(tree):
    path = tree.write("m.py", "def f():\n    raise ValueError('old line')  # OLD\n")
    tree.freeze()
    tree.write("m.py", "# a new line\n\ndef f():\n    return 1  # NEW\n")
    code = """
import inspect, linecache, traceback, m
try: m.f()
except ValueError: text = traceback.format_exc()
linecache.checkcache()
print("# OLD" in text, "# OLD" in inspect.getsource(m.f), m.f.__code__.co_filename)
print(m.__loader__.get_source("m").count("OLD"), m.__loader__.get_data(m.__file__).count(b"OLD"))
"""
    assert tree.python(code).splitlines() == [f"True True {path}", "1 1"]
    assert not (tree.root / "__pycache__").exists()


def test_a_traceback_of_what_was_edited_after_its_import(tree):
    path = tree.write("m.py", "def f():\n    raise ValueError  # OLD\n")
    tree.freeze()
    code = f"""
import pathlib, traceback, m
from pyexp.code.snapshot.finder import show_sources
pathlib.Path({str(path)!r}).write_text("\\n\\n# NEW\\n")
show_sources()
try: m.f()
except ValueError: print("# OLD" in traceback.format_exc())
"""
    assert tree.python(code) == "True"


def test_unchanged_code_is_cached_as_ever_and_changed_code_is_not(tree):
    tree.write("m.py", OLD)
    tree.write("n.py", OLD)
    tree.freeze()
    tree.write("n.py", NEW)
    tree.python("import m, n")
    assert [path.name.partition(".")[0] for path in (tree.root / "__pycache__").iterdir()] == ["m"]
    code = "import sys; sys.addaudithook(lambda e, a: e == 'compile' and print('compiled', a[1])); import m; print(m.v)"
    assert tree.python(code) == "OLD"


def test_bytecode_of_the_edited_file_is_not_taken(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    assert (
        tree.start(["-c", f"import sys; sys.path.insert(0, {str(tree.root)!r}); import m; print(m.v)"]).stdout
        == "NEW\n"
    )
    assert tree.python("import m; print(m.v)") == "OLD"


def test_links_to_files_and_folders(tree):
    tree.write("real/__init__.py", OLD)
    tree.write("real/part.py", OLD)
    tree.write("space/part.py", OLD)
    (tree.root / "alias").symlink_to("real")
    (tree.root / "room").symlink_to("space")
    (tree.root / "one.py").symlink_to("real/part.py")
    tree.freeze()
    code = "import alias.part, room.part, one; print(alias.v, alias.part.v, room.part.v, one.v, alias.__file__)"
    expected = f"OLD OLD OLD OLD {tree.root / 'alias/__init__.py'}"
    assert tree.python(code) == expected
    for name in ("real/__init__.py", "real/part.py", "space/part.py"):
        tree.write(name, NEW)
    assert tree.python(code) == expected
    for name in ("alias", "room", "one.py"):
        (tree.root / name).unlink()
    shutil.rmtree(tree.root / "real")
    assert tree.python(code) == expected
    tree.write("else/__init__.py", NEW)
    tree.write("else/part.py", NEW)
    (tree.root / "alias").symlink_to("else")
    assert tree.python(code) == expected


def test_a_tree_and_a_folder_that_are_reached_by_a_link(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.write("lib/n.py", OLD)
    tree.freeze()
    (tmp_path / "link").symlink_to(tree.root)
    (tmp_path / "lib").symlink_to(tree.root / "lib")
    tree.path = [str(tmp_path / "link"), str(tmp_path / "lib")]
    tree.write("m.py", NEW)
    (tree.root / "lib/n.py").unlink()
    assert tree.python("import m, n; print(m.v, n.v, m.__file__)") == f"OLD OLD {tmp_path / 'link/m.py'}"


def test_a_link_to_the_tree_whose_own_links_are_gone(tree, tmp_path):
    tree.write("real/m.py", OLD)
    (tree.root / "lib").symlink_to("real")
    tree.freeze()
    (tmp_path / "link").symlink_to(tree.root)
    tree.path = [str(tmp_path / "link/lib")]
    (tree.root / "lib").unlink()
    assert tree.python("import m; print(m.v)") == "OLD"
    tree.write("else/m.py", NEW)
    (tree.root / "lib").symlink_to("else")
    assert tree.python("import m; print(m.v)") == "OLD"


def test_relative_entries_of_the_path(tree):
    tree.write("lib/m.py", OLD)
    tree.freeze()
    tree.write("lib/m.py", NEW)
    tree.path = ["lib"]
    assert tree.python("import m; print(m.v)", cwd=tree.root) == "OLD"
    tree.path = [""]
    assert tree.python("import m; print(m.v)", cwd=tree.root / "lib") == "OLD"


@pytest.mark.parametrize("declared", ["* text=auto eol=crlf\n", "*.py filter=shout\n"], ids=["crlf", "filter"])
def test_line_ends_and_filters(tree, declared):
    git(tree.root, "config", "filter.shout.clean", "sed s/OLD/stored/")
    git(tree.root, "config", "filter.shout.smudge", "sed s/stored/OLD/")
    tree.write(".gitattributes", declared)
    tree.write("m.py", OLD.replace("\n", "\r\n"))
    tree.write("n.py", OLD.replace("\n", "\r\n"))
    tree.freeze(is_settled=False)
    code = "import m, n; print(m.v, n.v, m.__loader__.get_data(m.__file__).count(b'\\r\\n'))"
    assert tree.python(code) == "OLD OLD 1"
    tree.write("m.py", NEW)
    tree.write("n.py", NEW)
    assert tree.python(code) == "OLD OLD 1"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
def test_encodings(tree, encoding):
    text = "# -*- coding: latin-1 -*-\nv = 'ä'\n" if encoding == "latin-1" else "v = 'ä'\n"
    tree.write("m.py", text.encode(encoding))
    tree.freeze()
    tree.write("m.py", NEW)
    assert tree.python("import m; print(m.v == chr(228), chr(228) in m.__loader__.get_source('m'))") == "True True"


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


def test_an_ignored_file_keeps_the_name_of_another_module(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.write("space/a.py", OLD)
    tree.write("ignored.py", OLD)
    (tmp_path / "ignored.py").write_text(NEW)
    tree.path.append(str(tmp_path))
    tree.freeze()
    assert tree.python("import ignored; print(ignored.v)") == "OLD"


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


def test_an_environment_in_the_tree_is_left_to_python(tree):
    tree.write("m.py", OLD)
    tree.write(".venv/lib/site-packages/third.py", OLD)
    tree.path.append(str(tree.root / ".venv/lib/site-packages"))
    tree.freeze()
    tree.write("m.py", NEW)
    tree.write(".venv/lib/site-packages/third.py", NEW)
    code = "import m, third; print(m.v, third.v, type(third.__loader__).__name__)"
    assert tree.python(code) == "OLD NEW SourceFileLoader"


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


def test_the_list_of_files_is_gone(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    code = f"""
import os; os.unlink({str(tree.saved)!r})
try: import m
except OSError as error: print(error)
"""
    assert "cannot be read any more" in tree.python(code)


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


def test_python_of_another_folder_is_left_alone(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    code = "import json.tool, pyexp; print(type(json.__loader__).__name__, type(pyexp.__loader__).__name__)"
    assert tree.python(code) == "SourceFileLoader SourceFileLoader"


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


def test_a_linked_work_tree(tree, tmp_path):
    tree.write("m.py", OLD)
    tree.freeze()
    git(tree.root, "worktree", "add", "-q", str(tmp_path / "second"))
    second = WorkTree(tmp_path / "second")
    second.freeze()
    second.write("m.py", NEW)
    assert second.python("import m; print(m.v)") == "OLD"


def test_environment_of_another_repository(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    misleading = {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_WORK_TREE": str(Path(sys.prefix))}
    assert tree.python("import m; print(m.v)", env=misleading) == "OLD"
