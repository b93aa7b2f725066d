"""What may happen to the module ``m`` of a work tree after a start."""

from __future__ import annotations

import os

OLD, NEW = "v = 'OLD'\n", "v = 'NEW'\n"


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
