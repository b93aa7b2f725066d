"""The token over restarts: the same one, for its folder alone, from a secret that nobody else can read (S11)."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pyexp.viewer.launch import kept_token as module
from pyexp.viewer.launch.kept_token import SECRET_NAME, kept_token, state_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permission bits")
HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return state_folder()


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_restart_finds_the_token_and_other_folders_and_addresses_have_others(tmp_path):
    token = kept_token(tmp_path, HOST)
    assert token == kept_token(tmp_path, HOST)
    assert len({token, kept_token(tmp_path / "other", HOST), kept_token(tmp_path, "0.0.0.0")}) == 3
    assert len(token) > 40
    assert token.replace("-", "").replace("_", "").isalnum()


def test_s11_the_secret_is_private_whatever_the_umask(tmp_path, folder):
    before = os.umask(0)
    try:
        kept_token(tmp_path, HOST)
    finally:
        os.umask(before)
    assert (mode(folder.parent), mode(folder), mode(folder / SECRET_NAME)) == (0o700, 0o700, 0o600)
    assert [path.name for path in folder.iterdir()] == [SECRET_NAME]


def test_a_folder_that_was_open_is_closed(tmp_path, folder):
    folder.mkdir(parents=True, mode=0o777)
    folder.chmod(0o777)
    kept_token(tmp_path, HOST)
    assert mode(folder) == 0o700


@pytest.mark.parametrize("damage", ["open", "cut", "link"])
def test_a_secret_that_others_may_know_or_that_is_cut_is_replaced(tmp_path, folder, damage):
    token = kept_token(tmp_path, HOST)
    place = folder / SECRET_NAME
    if damage == "open":
        place.chmod(0o644)
    elif damage == "cut":
        place.write_bytes(place.read_bytes()[:-1])
    else:
        place.rename(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / "elsewhere")
    fresh = kept_token(tmp_path, HOST)
    assert fresh != token
    assert fresh == kept_token(tmp_path, HOST)
    assert (place.is_symlink(), mode(place)) == (False, 0o600)


@pytest.mark.parametrize("trouble", ["file", "link", "stranger", "homeless"])
def test_where_nothing_can_be_kept_each_start_has_a_fresh_one(tmp_path, folder, monkeypatch, trouble):
    if trouble == "file":
        folder.parent.write_text("not a folder")
    elif trouble == "link":
        folder.parent.mkdir()
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    elif trouble == "stranger":
        monkeypatch.setattr(module, "_is_own", lambda info: False)
    else:
        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.setattr(Path, "home", no_home)
    assert kept_token(tmp_path, HOST) != kept_token(tmp_path, HOST)
    assert not list(tmp_path.rglob(SECRET_NAME))


def no_home():
    raise RuntimeError("Could not determine home directory.")


def test_the_folder_is_where_the_system_keeps_such_things(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "pyexp"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_folder() == tmp_path / "Library" / "Application Support" / "pyexp"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert state_folder() == tmp_path / "local" / "pyexp"
