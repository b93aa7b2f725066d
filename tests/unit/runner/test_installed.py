from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import pyexp
from pyexp.runner.installed import is_installed


def test_the_library_and_packages_are_installed():
    assert is_installed(json.__file__)
    assert is_installed(pytest.__file__)
    assert is_installed(Path("/usr/lib/python3/dist-packages/lab.py"))


def test_what_a_person_wrote_is_not(tmp_path):
    assert not is_installed(tmp_path / "main.py")
    assert not is_installed(__file__)
    assert not is_installed(Path(sys.prefix).parent / "site-packages-of-mine.py")


def test_batches_of_an_installed_experiment_go_into_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "site-packages" / "lab.py"
    source.parent.mkdir()
    source.write_text("def square(config):\n    return config.x ** 2\n")
    monkeypatch.syspath_prepend(source.parent)
    import lab

    runner = pyexp.ExperimentRunner(lab.square, executor="inline", stash=False)
    runner.run(configs=[{"x": 2}])
    monkeypatch.delitem(sys.modules, "lab")
    assert (tmp_path / "out" / "square").is_dir()
    assert runner.results()[0].result == 4


@pytest.mark.parametrize("spelling", ["~/x", "~"])
def test_a_home_folder_is_expanded(tmp_path, monkeypatch, spelling):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    runner = pyexp.experiment(name="exp", executor="inline", stash=False)(lambda config: config.x)
    runner.run(configs=[{"x": 2}], output_dir=spelling)
    assert (tmp_path / spelling.replace("~", "home") / "exp").is_dir()
    assert not (tmp_path / "~").exists()
    assert runner.results(output_dir=spelling)[0].result == 2
