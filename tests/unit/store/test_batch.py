from __future__ import annotations

import json
import shutil

import pytest

from pyexp.config.config import Config
from pyexp.errors import BatchNotFoundError, DamagedFileError, OutputError
from pyexp.store.batch import Batch
from pyexp.store.batches.facts import load_facts
from pyexp.store.batches.finding import find_batch, find_batches
from pyexp.store.batches.settling import settle
from pyexp.store.index import Index, RunRecord
from pyexp.store.status import save_status
from pyexp.task import RunState, Status
from pyexp.tensor.tensor import Tensor


@pytest.fixture
def made(tmp_path):
    configs = Tensor([Config(name=f"r{x}", x=x) for x in range(4)], (2, 2), {"a": [0, 1], "b": ["u", "v"]})
    batch, claim = Batch.create(tmp_path / "exp", configs, {"python": "3"})
    yield batch
    claim.release()


@pytest.fixture
def ended(tmp_path):
    configs = Tensor([Config(name=f"r{x}", x=x) for x in range(3)], (3,), {"axis0": [0, 1, 2]})
    batch, claim = Batch.create(tmp_path / "exp", configs, {})
    claim.release()
    return batch


def test_opens_as_it_was_made(made):
    opened = Batch.open(made.paths.root)

    assert (opened.shape, opened.axes, opened.folders) == ((2, 2), {"a": [0, 1], "b": ["u", "v"]}, made.folders)
    assert [opened.load_config(folder).x for folder in opened.folders] == [0, 1, 2, 3]
    assert load_facts(opened) == {"python": "3"}
    assert json.loads(made.paths.runs.read_bytes())["runs"] == made.folders


def test_out_is_where_the_folder_is_now(ended, tmp_path):
    moved = tmp_path / "moved"
    ended.paths.root.rename(moved)

    config = Batch.open(moved).load_config(ended.folders[0])

    assert config.out == moved / ended.folders[0]


def test_new_batch_is_pending(made):
    assert [record.status for record in made.records()] == ["pending"] * 4
    assert [record.name for record in made.records()] == ["r0", "r1", "r2", "r3"]


def test_batch_that_cannot_be_made_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyexp.store.batch.Index", fail)
    configs = Tensor([Config(name="r", x=1)])

    with pytest.raises(OutputError, match="the disk is full"):
        Batch.create(tmp_path / "exp", configs, {})
    assert list((tmp_path / "exp").iterdir()) == []


def test_file_in_place_of_the_folder_is_one_sentence(tmp_path):
    (tmp_path / "exp").touch()

    with pytest.raises(OutputError, match="cannot write to the output folder"):
        Batch.create(tmp_path / "exp", Tensor([Config(name="r")]), {})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"runs": ["../x"], "shape": [1], "axes": {}}',
        b'{"runs": ["a"], "shape": [2], "axes": {}}',
        b"{}",
    ],
)
def test_damaged_runs_file_is_named(ended, content):
    ended.paths.runs.write_bytes(content)

    with pytest.raises(DamagedFileError, match=r"runs\.json"):
        Batch.open(ended.paths.root)


def test_folder_without_runs_is_no_batch(tmp_path):
    with pytest.raises(BatchNotFoundError, match=r"no runs\.json"):
        Batch.open(tmp_path)


def test_config_that_is_not_the_folders_own_is_refused(ended):
    first, second = (ended.run(folder).config for folder in ended.folders[:2])
    first.write_bytes(second.read_bytes())

    with pytest.raises(DamagedFileError, match="was altered"):
        ended.load_config(ended.folders[0])


def test_running_run_of_an_ended_owner_reads_as_interrupted(ended):
    status = RunState(status=Status.RUNNING, started=1.0, attempts=1)
    save_status(ended.run(ended.folders[0]).status, status)
    index = Index(ended.paths.index)
    index.append(RunRecord(folder=ended.folders[0], name="r0", status=Status.RUNNING, started=1.0, attempts=1))
    index.close()

    assert [record.status for record in ended.records()] == ["interrupted", "pending", "pending"]


def test_running_run_of_a_live_owner_reads_as_running(made):
    index = Index(made.paths.index)
    index.append(RunRecord(folder=made.folders[0], name="r0", status=Status.RUNNING, started=1.0, attempts=1))
    index.close()

    assert made.records()[0].status == "running"


@pytest.mark.parametrize("batch", ["made", "ended"])
def test_run_called_passed_has_passed_only_with_its_result(batch, request):
    batch = request.getfixturevalue(batch)
    index = Index(batch.paths.index)
    for folder in batch.folders[:2]:
        save_status(batch.run(folder).status, RunState(status=Status.PASSED, started=1.0, finished=2.0, attempts=1))
        index.append(RunRecord(folder=folder, name=folder[:2], status=Status.PASSED, started=1.0, attempts=1))
    index.close()
    batch.run(batch.folders[0]).result.write_bytes(b"N.")

    assert [record.status for record in batch.records()][:2] == ["passed", "interrupted"]


def test_index_that_lost_its_tail_is_not_believed(ended):
    save_status(ended.run(ended.folders[0]).status, RunState(status=Status.FAILED, attempts=1, error="E: x\nmore"))

    record = ended.records()[0]

    assert (record.status, record.error, record.attempts) == ("failed", "E: x", 1)


def test_lost_index_is_made_up_from_the_folders(ended):
    ended.run(ended.folders[1]).result.write_bytes(b"")
    ended.paths.index.unlink()

    assert [record.status for record in ended.records()] == ["pending", "passed", "pending"]
    assert [record.name for record in ended.records()] == ["r0", "r1", "r2"]


def test_rebuilding_completes_what_a_killed_owner_left(ended):
    paths = ended.run(ended.folders[1])
    save_status(paths.status, RunState(status=Status.RUNNING, started=1.0, attempts=1))
    paths.result.write_bytes(b"N.")

    records = settle(ended)

    assert [record.status for record in records] == ["pending", "passed", "pending"]
    told = json.loads(paths.status.read_bytes())
    assert told["status"] == "passed"
    assert told["digest"].startswith("sha256:")
    assert told["duration"] == told["finished"] - 1.0
    assert Batch.open(ended.paths.root).records() == records


def test_batches_are_found_oldest_first(tmp_path):
    for _ in range(3):
        _, claim = Batch.create(tmp_path / "exp", Tensor([Config(name="r")]), {})
        claim.release()
    (tmp_path / "exp" / "2001-01-01_00-00-00").mkdir()
    (tmp_path / "exp" / "notes").mkdir()

    found = find_batches(tmp_path / "exp")

    assert len(found) == 3
    assert find_batch(tmp_path / "exp") == find_batch(tmp_path / "exp", "latest") == found[-1]
    assert find_batch(tmp_path / "exp", found[0].name) == found[0]


def test_unknown_timestamp_names_the_nearest(ended):
    folder = ended.paths.root.parent

    with pytest.raises(BatchNotFoundError, match=f"the nearest is '{ended.paths.timestamp}'"):
        find_batch(folder, "2020-01-01_00-00-00")
    with pytest.raises(BatchNotFoundError, match="there is no batch in"):
        find_batch(folder / "none")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff"])
def test_facts_are_not_needed(ended, content):
    ended.paths.facts.write_bytes(content)

    assert load_facts(ended) == {}


def test_the_next_owner_removes_what_killed_writers_left(made):
    run = made.run(made.folders[0])
    run.checkpoints.mkdir()
    left = [
        run.root / ".result.pkl.123.0.tmp",
        run.root / ".status.json.7.12.tmp",
        run.checkpoints / ".train.pkl.123.4.tmp",
        made.paths.root / ".runs.json.1.1.tmp",
        run.root / ".a\nb.tmp.5.5.tmp",
    ]
    kept = [
        run.root / name for name in ("notes.tmp", ".notes.tmp", ".a.b.c.tmp", "x.1.2.tmp", ".result.pkl.1.2.tmp.bak")
    ]
    for path in left + kept:
        path.write_bytes(b"x")

    settle(made)

    assert [path for path in left if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_leftovers_behind_a_link_stay(made, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".result.pkl.1.2.tmp").write_bytes(b"x")
    shutil.rmtree(made.run(made.folders[0]).root)
    made.run(made.folders[0]).root.symlink_to(elsewhere)

    settle(made)

    assert (elsewhere / ".result.pkl.1.2.tmp").exists()
