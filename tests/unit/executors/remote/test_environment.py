"""What is sent to a cluster: the project, without what nobody there needs."""

from __future__ import annotations

import os

import pyexp
from pyexp.executors.remote.environment import complete, find_excludes


def make(root, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_nothing_is_added_for_a_ray_on_this_machine(tmp_path):
    assert complete({"env_vars": {"A": "1"}}, is_remote=False, folder=tmp_path) == {"env_vars": {"A": "1"}}
    assert complete(None, is_remote=False, folder=tmp_path) == {}


def test_working_directory_and_library_go_to_a_cluster(tmp_path):
    completed = complete({"excludes": ["data/"], "py_modules": ["/mine"]}, is_remote=True, folder=tmp_path)

    assert completed["working_dir"] == "."
    assert completed["py_modules"] == ["/mine", os.path.dirname(pyexp.__file__)]
    assert ".git/" in completed["excludes"]
    assert completed["excludes"][-1] == "data/"


def test_users_environment_is_left_as_it_was(tmp_path):
    given = {"excludes": ["data/"]}

    complete(given, is_remote=True, folder=tmp_path)

    assert given == {"excludes": ["data/"]}


def test_none_means_no_working_directory(tmp_path):
    completed = complete({"working_dir": None}, is_remote=True, folder=tmp_path)

    assert "working_dir" not in completed
    assert "excludes" not in completed


def test_virtual_environments_and_output_folders_are_found(tmp_path):
    make(tmp_path, "main.py", "src/lib.py", "env-3/pyvenv.cfg", "env-3/lib/x.py", "out/exp/then/runs.json")
    make(tmp_path, "out/exp/then/batch.json", "deep/results/exp/then/runs.json", "deep/results/exp/then/batch.json")
    make(tmp_path, ".git/pyvenv.cfg", "data/runs.json")

    assert set(find_excludes(tmp_path)) == {"/env-3/", "/out/", "/deep/results/"}


def test_project_that_is_its_own_output_folder_stays(tmp_path):
    make(tmp_path, "main.py", "exp/then/runs.json", "exp/then/batch.json")

    assert list(find_excludes(tmp_path)) == ["/exp/"]


def test_special_characters_are_meant_literally(tmp_path):
    make(tmp_path, "my [env]*/pyvenv.cfg")

    assert list(find_excludes(tmp_path)) == ["/my\\ \\[env]\\*/"]
