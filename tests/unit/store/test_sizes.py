"""The size of a batch is what its files hold, and takes no look into the folders of runs that have ended."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pyexp import _files
from pyexp._files import folder_size
from pyexp.store.batch import Batch
from pyexp.store.batches.overview import look_at
from pyexp.store.index import Index, RunRecord
from pyexp.task import RunState, Status
from support.experiments import make_runner

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp import ExperimentRunner


def work(config):
    config.out.joinpath("model").mkdir(exist_ok=True)
    config.out.joinpath("model", "weights").write_bytes(bytes(1000 + config.x))
    if config.x == 2:
        raise ValueError("no")
    return config.x


def runner_of(folder: Path, count: int = 4) -> ExperimentRunner:
    configs = [{"name": f"r{x}", "x": x} for x in range(count)]
    return make_runner(work, configs, folder, executor="inline")


@pytest.fixture
def batch(tmp_path):
    runner = runner_of(tmp_path)
    runner.run()
    return Batch.open(runner.results()[0].out.parent)


def held(root: Path) -> int:
    """What is below *root*, as `du --apparent-size` would count its files."""
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_symlink() or path.is_file())


def finished(_batch):
    pass


def running(batch):
    """A run is executed again by a live process, and has written more."""
    batch.claim()
    folder = batch.folders[1]
    index = Index(batch.paths.index)
    index.append(RunRecord.of(folder, "r1", RunState(status=Status.RUNNING, started=1.0, attempts=2)))
    index.close()
    batch.run(folder).root.joinpath("more").write_bytes(bytes(500))


def killed(batch):
    """A run was executed when its process was killed, and has written more."""
    running(batch)
    batch.paths.owner.write_text("{}")


def rerun(batch):
    runner_of(batch.paths.root.parents[1]).run(rerun_run=True, where={"x": 3})


def extended(batch):
    runner_of(batch.paths.root.parents[1], 6).run(extend_run=True)


def deleted(batch):
    shutil.rmtree(batch.run(batch.folders[1]).root)


def emptied(batch):
    deleted(batch)
    batch.run(batch.folders[1]).root.mkdir()


def linked(batch):
    deleted(batch)
    batch.run(batch.folders[1]).root.symlink_to(batch.paths.root)


def index_of_an_early_version(batch):
    lines = [json.loads(line) for line in batch.paths.index.read_bytes().splitlines()]
    for line in lines:
        line.pop("size_bytes", None)
    batch.paths.index.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def without_index(batch):
    batch.paths.index.unlink()


def read_only(batch):
    batch.paths.root.chmod(0o555)


CHANGES = [
    finished, running, killed, rerun, extended, deleted, emptied, linked, index_of_an_early_version, without_index,
    read_only,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.slow
def test_the_size_is_that_of_the_files(batch, change):
    change(batch)
    found = look_at(batch.paths.root)
    batch.paths.root.chmod(0o755)
    assert found.size_bytes == held(batch.paths.root) > 4_000


@pytest.fixture
def opened(monkeypatch):
    """Names of the folders whose files are counted."""
    names = []
    scan = os.scandir
    monkeypatch.setattr(_files.os, "scandir", lambda folder: names.append(os.path.basename(folder)) or scan(folder))
    return names


@pytest.mark.slow
def test_no_folder_of_a_run_that_has_ended_is_opened(batch, opened):
    assert look_at(batch.paths.root).size_bytes
    assert opened == [batch.paths.timestamp]


def test_the_next_owner_notes_the_sizes_that_early_versions_did_not(batch, opened):
    index_of_an_early_version(batch)
    runner_of(batch.paths.root.parents[1]).run(continue_run=True)
    expected = held(batch.paths.root)
    opened.clear()
    assert look_at(batch.paths.root).size_bytes == expected
    assert opened == [batch.paths.timestamp]


def test_a_result_with_a_size_of_its_own_is_not_taken_for_it(tmp_path):
    runner = make_runner(lambda _: {"size_bytes": 7}, [{"name": "a"}], tmp_path, executor="inline")
    runner.run()
    batch = Batch.open(runner.results()[0].out.parent)
    index_of_an_early_version(batch)
    assert look_at(batch.paths.root).size_bytes == held(batch.paths.root)


def test_no_link_is_followed_that_a_run_put_in_the_place_of_its_folder(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "data").write_bytes(bytes(1_000_000))

    def replace(config):
        config.out.rename(tmp_path / "moved")
        config.out.symlink_to(outside)

    runner = make_runner(replace, [{"name": "a"}], tmp_path, executor="inline")
    runner.run()
    root = runner.results()[0].out.parent
    assert look_at(root).size_bytes == held(root) < 10_000


def test_a_folder_that_is_gone_holds_nothing(tmp_path):
    assert folder_size(tmp_path / "none") == 0
