"""Lists of batches say what is there, as opening each run would."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter

import pytest

from pyexp.store.batch import Batch
from pyexp.store.batches import overview
from pyexp.store.batches.overview import look_at
from pyexp.store.index import Index, RunRecord
from pyexp.task import Status
from support.experiments import make_runner


def work(config):
    if config.x == 2:
        raise ValueError("no")
    return config.x


@pytest.fixture
def batch(tmp_path):
    runner = make_runner(work, [{"name": f"r{x}", "x": x} for x in range(4)], tmp_path, executor="inline")
    runner.run()
    return Batch.open(runner.results()[0].out.parent)


def lines(batch):
    return batch.paths.index.read_bytes().splitlines(keepends=True)


def remove(batch, place):
    shutil.rmtree(batch.run(batch.folders[place]).root)


def rename(batch, place):
    root = batch.run(batch.folders[place]).root
    root.rename(root.with_name("elsewhere"))


def put_a_link(batch, place):
    rename(batch, place)
    batch.run(batch.folders[place]).root.symlink_to(batch.paths.root / "elsewhere")


def put_an_empty_link(batch, place):
    remove(batch, place)
    batch.run(batch.folders[place]).root.symlink_to(batch.paths.root)


def put_a_file(batch, place):
    remove(batch, place)
    batch.run(batch.folders[place]).root.write_text("mine")


def empty(batch, place):
    root = batch.run(batch.folders[place]).root
    shutil.rmtree(root)
    root.mkdir()


def remove_result(batch, place):
    batch.run(batch.folders[place]).result.unlink(missing_ok=True)


def add_result(batch, place):
    batch.run(batch.folders[place]).result.write_bytes(b"N.")


def lose_line(batch, place):
    name = b'"' + batch.folders[place].encode() + b'"'
    batch.paths.index.write_bytes(b"".join(line for line in lines(batch) if name not in line))


def tear(batch, _place):
    batch.paths.index.write_bytes(batch.paths.index.read_bytes()[:-30])


def lose_index(batch, _place):
    batch.paths.index.unlink()


def add_line(batch, _place):
    with batch.paths.index.open("ab") as file:
        file.write(lines(batch)[-1].replace(batch.folders[3].encode(), b"never-123456789abc"))


STATES = [
    remove, rename, put_a_link, put_an_empty_link, put_a_file, empty, remove_result, add_result, lose_line, tear,
    lose_index, add_line,
]  # fmt: skip


@pytest.mark.parametrize("place", [1, 2], ids=["passed", "failed"])
@pytest.mark.parametrize("change", STATES)
def test_counts_are_those_of_the_runs(batch, change, place):
    change(batch, place)
    opened = Batch.open(batch.paths.root)
    counted = Counter(record.status.value for record in opened.records())
    assert look_at(batch.paths.root).counts == dict(counted)
    assert counted == Counter(opened.examine(folder).status.value for folder in opened.folders) or change is put_a_link
    assert counted.total() == 4


def test_counts_of_a_batch_that_has_ended_open_no_run(batch, monkeypatch):
    monkeypatch.setattr(overview.Batch, "open", lambda _: pytest.fail("opened"))
    assert look_at(batch.paths.root).counts == {"passed": 3, "failed": 1}


def test_a_batch_whose_list_of_runs_is_damaged_says_so(batch):
    batch.paths.runs.write_bytes(b"[]")
    assert look_at(batch.paths.root).damage.startswith("damaged: ")
    batch.paths.runs.write_text(json.dumps({"runs": [os.curdir], "shape": [1], "axes": {}}))
    assert look_at(batch.paths.root).damage.startswith("damaged: ")


@pytest.mark.parametrize("fault", ["its folder is gone: r2 was removed", "its folder cannot be written: r2: denied"])
def test_a_run_whose_folder_took_no_status_stays_failed(batch, fault):
    empty(batch, 2)
    index = Index(batch.paths.index)
    index.append(RunRecord(batch.folders[2], "r2", Status.FAILED, 1.0, 2.0, 1, f"OutputError: {fault}"))
    index.close()
    assert look_at(batch.paths.root).counts == {"passed": 3, "failed": 1}
    assert Batch.open(batch.paths.root).records()[2].error == f"OutputError: {fault}"
