"""Scripts, links, encodings and caches of the code of the start, and what is said about its source."""

from __future__ import annotations

import shutil

import pytest

from support.edits import NEW, OLD, delete, edit, leave
from support.work_tree import WorkTree, git


@pytest.fixture
def tree(tmp_path):
    return WorkTree(tmp_path / "work tree ü")


@pytest.mark.parametrize("change", [edit, delete, leave], ids=lambda change: change.__name__)
@pytest.mark.slow
def test_a_script_that_is_run_again(tree, change):
    tree.write("m.py", OLD + "print(v, __name__, __file__)")
    tree.freeze()
    change(tree)
    path = str(tree.root / "m.py")
    assert tree.python(f"import runpy; runpy.run_path({path!r}, run_name='x')") == f"OLD x {path}"


@pytest.mark.slow
def test_a_script_without_suffix(tree):
    tree.write("bin/train", OLD + "print(v)")
    tree.freeze(script=tree.root / "bin/train")
    tree.write("bin/train", NEW + "print(v)")
    assert tree.python(f"import runpy; runpy.run_path({str(tree.root / 'bin/train')!r})") == "OLD"


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_traceback_of_what_was_edited_after_its_import(tree):
    path = tree.write("m.py", "def f():\n    raise ValueError  # OLD\n")
    tree.freeze()
    code = f"""
import pathlib, traceback, m
pathlib.Path({str(path)!r}).write_text("\\n\\n# NEW\\n")
try: m.f()
except ValueError: print("# OLD" in traceback.format_exc())
"""
    assert tree.python(code) == "True"


# What was imported before the hook is loaded as usual: in a process that forks its runs, all of it.
EARLIER = """
import inspect, linecache, pathlib, traceback, m
from pyexp.code.snapshot.install import install, uninstall
path = pathlib.Path(m.__file__)

def is_old():
    try: m.f()
    except ValueError: return {"# OLD" in traceback.format_exc(), "# OLD" in inspect.getsource(m.f)}
"""


@pytest.mark.parametrize("change", ["write_text('# NEW\\n' * 9)", "unlink()"], ids=["edited", "deleted"])
@pytest.mark.slow
def test_the_source_of_what_was_imported_before_the_hook(tree, change):
    tree.write("m.py", "def f():\n    raise ValueError  # OLD")
    tree.freeze()
    code = f"{EARLIER}uninstall()\npath.{change}\ninstall({str(tree.saved)!r})\nprint(is_old())"
    assert tree.python(code) == "{True}"
    code = f"{EARLIER}print(is_old())\npath.{change}\nprint(is_old())"
    tree.write("m.py", "def f():\n    raise ValueError  # OLD")
    assert tree.python(code).splitlines() == ["{True}", "{True}"]


@pytest.mark.slow
def test_lines_are_counted_as_python_counts_them(tree):
    tree.write("m.py", "'\x0b\u2028'\n\x0c\ndef f():\r\n    raise ValueError  # OLD")
    tree.freeze()
    tree.write("m.py", "# NEW\n" * 9)
    assert tree.python(f"{EARLIER}print(is_old())") == "{True}"


@pytest.mark.slow
def test_without_the_hook_the_file_is_shown(tree):
    tree.write("m.py", "def f():\n    raise ValueError  # OLD\n")
    tree.freeze()
    code = f"{EARLIER}uninstall()\npath.write_text(path.read_text().replace('OLD', 'NEW'))\nprint(is_old())"
    assert tree.python(code) == "{False}"


@pytest.mark.slow
def test_what_git_has_no_more_is_shown_as_it_is(tree):
    tree.write("m.py", "def f():\n    raise ValueError  # OLD\n")
    tree.freeze()
    code = f"""{EARLIER}
import shutil
shutil.rmtree({str(tree.root / ".git")!r})
path.write_text(path.read_text().replace("OLD", "NEW"))
print(is_old())"""
    assert tree.python(code) == "{False}"


@pytest.mark.slow
def test_unchanged_code_is_cached_as_ever_and_changed_code_is_not(tree):
    tree.write("m.py", OLD)
    tree.write("n.py", OLD)
    tree.freeze()
    tree.write("n.py", NEW)
    tree.python("import m, n")
    assert [path.name.partition(".")[0] for path in (tree.root / "__pycache__").iterdir()] == ["m"]
    code = "import sys; sys.addaudithook(lambda e, a: e == 'compile' and print('compiled', a[1])); import m; print(m.v)"
    assert tree.python(code) == "OLD"


@pytest.mark.slow
def test_bytecode_of_the_edited_file_is_not_taken(tree):
    tree.write("m.py", OLD)
    tree.freeze()
    tree.write("m.py", NEW)
    assert (
        tree.start(["-c", f"import sys; sys.path.insert(0, {str(tree.root)!r}); import m; print(m.v)"]).stdout
        == "NEW\n"
    )
    assert tree.python("import m; print(m.v)") == "OLD"


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_relative_entries_of_the_path(tree):
    tree.write("lib/m.py", OLD)
    tree.freeze()
    tree.write("lib/m.py", NEW)
    tree.path = ["lib"]
    assert tree.python("import m; print(m.v)", cwd=tree.root) == "OLD"
    tree.path = [""]
    assert tree.python("import m; print(m.v)", cwd=tree.root / "lib") == "OLD"


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
def test_encodings(tree, encoding):
    text = "# -*- coding: latin-1 -*-\nv = 'ä'\n" if encoding == "latin-1" else "v = 'ä'\n"
    tree.write("m.py", text.encode(encoding))
    tree.freeze()
    tree.write("m.py", NEW)
    assert tree.python("import m; print(m.v == chr(228), chr(228) in m.__loader__.get_source('m'))") == "True True"
