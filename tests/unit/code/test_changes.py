from __future__ import annotations

import hashlib
import os
import sys
import types

import pytest

from pyexp.code.changes import changed, note_loaded


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """A module of the user's, loaded; gives its file."""
    path = tmp_path / "helper_of_this_test.py"
    path.write_text("v = 1\n")
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, path.stem, module)
    return path


def test_only_the_users_own_files_are_noted(loaded):
    noted = note_loaded()
    assert str(loaded) in noted
    assert not {os.__file__, pytest.__file__, sys.modules["pyexp.code.changes"].__file__}.intersection(noted)


def test_nothing_has_changed(loaded):
    assert changed(note_loaded()) == []


def edit(path):
    path.write_text("v = 2\n")


def grow(path):
    path.write_text("v = 10\n")


def set_time_back(path):
    before = path.stat()
    path.write_text("v = 3\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def delete(path):
    path.unlink()


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [edit, grow, set_time_back, delete, replace_by_folder], ids=lambda c: c.__name__)
def test_a_change_is_named(loaded, change):
    noted = note_loaded()
    change(loaded)
    assert changed(noted) == [str(loaded)]


def test_a_file_is_read_once_in_each_state(loaded, monkeypatch):
    noted = note_loaded()
    reads = []
    monkeypatch.setattr(hashlib, "file_digest", lambda *asked: reads.append(asked) or hashlib.new(asked[1]))
    assert note_loaded() == noted
    assert reads == []
    edit(loaded)
    assert note_loaded() != noted
    assert len(reads) == 1


def test_touched_or_checked_out_back_and_forth_it_is_the_same(loaded):
    noted = note_loaded()
    os.utime(loaded)
    assert changed(noted) == []
    loaded.unlink()
    loaded.write_text("v = 1\n")
    assert changed(noted) == []


def test_odd_modules_do_no_harm(loaded, tmp_path, monkeypatch):
    for name, file in (
        ("odd_one", None),
        ("odd_two", str(tmp_path / "gone.py")),
        ("odd_three", 3),
        ("odd_four", "x.so"),
    ):
        module = types.ModuleType(name)
        module.__file__ = file
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "odd_five", None)
    assert str(tmp_path / "gone.py") not in note_loaded()
