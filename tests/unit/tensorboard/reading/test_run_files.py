"""Where event files are found: behind links, too, each folder once."""

import os
import sys

import pytest

from pyexp.log import LogReader
from pyexp.tensorboard import convert
from pyexp.tensorboard.reading.run_files import find_files
from support.event_files import event, value, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "events.out.tfevents.1.host", [event(value("a", simple_value=1.5), step=1)])
    return folder


def found(source):
    notes = []
    return sorted(folder.as_posix() for folder in find_files(source, notes.append)), notes


def link(path, target):
    path.symlink_to(target, target_is_directory=True)


def test_runs_behind_links(tmp_path):
    source = tmp_path / "runs"
    make(source / "here")
    make(tmp_path / "scratch" / "there" / "deep")
    link(source / "scratch", tmp_path / "scratch")
    link(tmp_path / "scratch" / "more", make(tmp_path / "more"))
    assert found(source) == (["here", "scratch/more", "scratch/there/deep"], [])


def test_a_link_to_what_is_there_anyway_changes_nothing(tmp_path):
    make(tmp_path / "run 1")
    make(tmp_path / "run 2")
    link(tmp_path / "latest", "run 2")
    link(tmp_path / "a", "run 1")
    assert found(tmp_path) == (["run 1", "run 2"], [])


def test_two_links_to_one_folder(tmp_path):
    make(tmp_path / "elsewhere")
    (tmp_path / "runs").mkdir()
    for name in ("b", "a"):
        link(tmp_path / "runs" / name, tmp_path / "elsewhere")
    assert found(tmp_path / "runs") == (["a"], [])


@pytest.mark.parametrize("target", [".", "..", "../..", "absolute"])
def test_a_cycle_is_named(tmp_path, target):
    folder = make(tmp_path / "runs" / "deep" / "run")
    link(folder / "back", tmp_path / "runs" if target == "absolute" else target)
    folders, notes = found(tmp_path / "runs")
    assert folders == ["deep/run"]
    assert notes == [f"not followed, as it leads back to a folder above it: {str(folder / 'back')!r}"]


def test_a_link_to_a_folder_above_the_source(tmp_path):
    make(tmp_path / "runs" / "run")
    make(tmp_path / "beside")
    link(tmp_path / "runs" / "up", tmp_path)
    folders, notes = found(tmp_path / "runs")
    assert folders == ["run", "up/beside"]
    assert notes == [f"not followed, as it leads back to a folder above it: {str(tmp_path / 'runs' / 'up' / 'runs')!r}"]


def test_links_that_lead_nowhere(tmp_path):
    make(tmp_path / "run")
    link(tmp_path / "gone", "missing")
    link(tmp_path / "itself", "itself")
    assert found(tmp_path) == (["run"], [])


def test_the_source_is_a_link(tmp_path):
    make(tmp_path / "runs" / "run")
    link(tmp_path / "link", "runs")
    assert found(tmp_path / "link") == (["run"], [])


def test_links_to_files(tmp_path):
    make(tmp_path / "elsewhere")
    folder = make(tmp_path / "runs" / "run")
    (folder / "events.out.tfevents.0.link").symlink_to(folder / "events.out.tfevents.1.host")
    (tmp_path / "runs" / "events.out.tfevents.9").symlink_to(tmp_path / "elsewhere" / "events.out.tfevents.1.host")
    files = find_files(tmp_path / "runs")
    assert [path.name for paths in files.values() for path in paths] == [
        "events.out.tfevents.9",
        "events.out.tfevents.1.host",
    ]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read(tmp_path):
    make(tmp_path / "run")
    make(tmp_path / "closed").chmod(0)
    try:
        folders, notes = found(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert folders == ["run"]
    assert notes == [f"left out, as it cannot be read: {str(tmp_path / 'closed')!r} (Permission denied)"]


def test_a_conversion_says_so(tmp_path):
    make(tmp_path / "scratch" / "run")
    (tmp_path / "runs").mkdir()
    link(tmp_path / "runs" / "linked", tmp_path / "scratch")
    link(tmp_path / "scratch" / "back", tmp_path / "runs")
    with pytest.warns(UserWarning, match=r"leads back to a folder above it: '.*linked/back'"):
        made = convert(tmp_path / "runs", tmp_path / "ours")
    assert made == [tmp_path / "ours" / "linked" / "run"]
    assert LogReader(made[0])["a"] == (1, 1.5)
