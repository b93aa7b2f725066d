"""The folders of a large batch are made while its first runs work; the batch is whole without them."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from pyexp.config.config import Config
from pyexp.errors import OutputError
from pyexp.store import batch as batch_module
from pyexp.store.batch import Batch
from pyexp.store.configs import making
from pyexp.store.configs.making import FoldersToMake
from pyexp.store.index import real_folders
from pyexp.store.layout import BatchPaths
from pyexp.tensor.tensor import Tensor
from support.experiments import make_runner

COUNT = 12


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    monkeypatch.setattr(batch_module, "AT_ONCE", 2)


def make_batch(folder):
    configs = Tensor([Config(name=f"r{x}", x=x) for x in range(COUNT)])
    batch, claim = Batch.create(folder / "exp", configs, {})
    claim.release()
    return batch


def runs(count=COUNT):
    return [(f"r{x}", Config(name=f"r{x}", x=x)) for x in range(count)]


def test_a_batch_is_whole_before_its_last_folder(tmp_path):
    batch = make_batch(tmp_path)
    assert len(real_folders(batch.paths.root)) == 2
    opened = Batch.open(batch.paths.root)
    assert [record.status for record in opened.records()] == ["pending"] * COUNT
    assert [opened.load_config(folder).x for folder in opened.folders] == list(range(COUNT))


@pytest.mark.parametrize("chosen", [{}, {"filter": "r1"}], ids=["all", "some"])
@pytest.mark.slow
def test_a_start_that_was_killed_in_between_is_continued(tmp_path, chosen):
    batch = make_batch(tmp_path)
    runner = make_runner(lambda config: config.x, [], tmp_path, executor="inline")
    results = runner.run(continue_run=True, **chosen)
    assert [result.result for result in results if result.ok] == [
        x for x in range(COUNT) if not chosen or "1" in str(x)
    ]
    assert real_folders(batch.paths.root) == set(batch.folders)


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "fork"])
def test_all_folders_are_there_when_the_runs_have_ended(tmp_path, executor):
    configs = [{"name": f"r{x}", "x": x} for x in range(COUNT)]
    runner = make_runner(lambda config: config.x, configs, tmp_path, executor=executor, jobs=2)
    results = runner.run(filter="r1")
    root = results[0].out.parent
    assert len(real_folders(root)) == COUNT
    configs += [{"name": f"s{x}", "x": x + 100} for x in range(COUNT)]
    assert len(runner.run(extend_run=True, filter="s")) == 2 * COUNT
    assert len(real_folders(root)) == 2 * COUNT
    assert all(result.config.out == result.out for result in runner.results())


def test_each_is_made_once(tmp_path):
    left = FoldersToMake(BatchPaths(tmp_path), runs())
    left.require("r7")
    (tmp_path / "r7" / "config.json").unlink()
    (tmp_path / "r7").rmdir()
    left.require("r7")
    left.start()
    left.finish()
    assert real_folders(tmp_path) == {folder for folder, _ in runs()} - {"r7"}


@pytest.mark.slow
def test_one_that_a_thread_makes_is_waited_for(tmp_path, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()

    def slowly(paths, config):
        begun.set()
        may_end.wait(30)
        make(paths, config)

    make = making.make_folder
    monkeypatch.setattr(making, "make_folder", slowly)
    left = FoldersToMake(BatchPaths(tmp_path), runs(1))
    left.start()
    assert begun.wait(30)
    threading.Timer(0.05, may_end.set).start()
    left.require("r0")
    assert (tmp_path / "r0" / "config.json").exists()


@pytest.mark.parametrize("kind", ["file", "link", "folder in its place", "no room", "batch is gone"])
def test_one_that_cannot_be_made_is_an_error_where_it_is_required(tmp_path, monkeypatch, kind):
    root = tmp_path / "batch"
    root.mkdir()
    match kind:
        case "file":
            (root / "r3").write_text("mine")
        case "link":
            (root / "r3").symlink_to(tmp_path / "nowhere")
        case "folder in its place":
            (root / "r3" / "config.json").mkdir(parents=True)
        case "no room":
            monkeypatch.setattr(making, "write_atomic", lambda *_: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
        case "batch is gone":
            root.rmdir()
    left = FoldersToMake(BatchPaths(root), runs())
    left.start()
    with pytest.raises(OSError, match=r"."):
        left.require("r3")
    with pytest.raises(OSError, match=r"."):
        left.finish()
    assert kind in ("no room", "batch is gone") or len(list(root.iterdir())) >= COUNT - 1


@pytest.mark.slow
def test_a_start_that_lacks_a_folder_says_so(tmp_path, monkeypatch):
    configs = [{"name": f"r{x}", "x": x} for x in range(COUNT)]
    runner = make_runner(lambda config: config.x, configs, tmp_path, executor="inline")
    make = making.make_folder

    def full(paths, config):
        if config["x"] == COUNT - 1:
            raise OSError(28, os.strerror(28))
        make(paths, config)

    monkeypatch.setattr(making, "make_folder", full)
    with pytest.raises(OutputError, match="No space left"):
        runner.run()
    monkeypatch.undo()
    assert len(runner.run(continue_run=True)[lambda result: result.ok]) == COUNT


def test_no_more_are_made_once_stopped(tmp_path):
    left = FoldersToMake(BatchPaths(tmp_path), runs(500))
    left.start()
    left.stop()
    assert not any(thread.name == "pyexp-folders" for thread in threading.enumerate())


@pytest.mark.slow
def test_threads_share_the_work(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(making, "make_folder", lambda paths, _: made.append(paths.root.name))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        left = FoldersToMake(BatchPaths(tmp_path), runs(5_000))
        left.start()
        for step in range(0, 5_000, 7):
            left.require(f"r{step}")
        left.finish()
    finally:
        sys.setswitchinterval(interval)
    assert sorted(made) == sorted(folder for folder, _ in runs(5_000))
