"""Files of a batch that were cut or altered."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from pyexp.errors import DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from support.counts import counts
from support.experiments import make_runner

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp import ExperimentRunner


def triple(config):
    with (config.out / "executions").open("a") as file:
        file.write("x")
    return {"triple": config.x * 3}


@pytest.fixture
def runner(tmp_path) -> ExperimentRunner:
    made = make_runner(triple, [{"name": f"run{x}", "x": x} for x in range(3)], tmp_path, executor="inline")
    made.run()
    return made


@pytest.fixture
def folders(runner, tmp_path) -> list[Path]:
    batch = Batch.open(find_batch(tmp_path / "exp"))
    return [batch.run(folder).root for folder in batch.folders]


def cuts(data: bytes, step: int):
    return [data[:size] for size in range(0, len(data), step)]


def flips(data: bytes, count: int):
    chance = random.Random(len(data))
    for _ in range(count):
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield bytes(flipped)


def config_or_error(result):
    try:
        return result.config
    except DamagedFileError as error:
        return error


def results_or_error(runner):
    try:
        return runner.results()
    except DamagedFileError as error:
        return error


@counts(("step", "count"), (9, 8), (1, 1000))
def test_r14_damaged_result(runner, folders, step, count):
    path = folders[1] / "result.pkl"
    whole = path.read_bytes()

    for damaged in [*cuts(whole, step), *flips(whole, count)]:
        path.write_bytes(damaged)
        before = (folders[1] / "executions").read_text()

        first, bad, last = runner.results()
        assert (first.result, last.result) == ({"triple": 0}, {"triple": 6})
        assert not bad.ok
        assert bad.result is None
        assert str(path) in bad.error

        results = runner.run(continue_run=True)
        assert [r.result for r in results] == [{"triple": 0}, {"triple": 3}, {"triple": 6}]
        assert (folders[1] / "result.pkl.corrupt").read_bytes() == damaged
        assert (folders[1] / "executions").read_text() == before + "x"
    assert (folders[0] / "executions").read_text() == "x"


@counts(("step", "count"), (40, 15), (1, 1000))
def test_r15_damaged_config(runner, folders, step, count):
    path = folders[1] / "config.json"
    whole = path.read_bytes()
    values = runner.results()[1].config

    for damaged in [*cuts(whole, step), *flips(whole, count)]:
        path.write_bytes(damaged)
        first, bad, last = runner.results()
        assert (first.config.x, last.config.x) == (0, 2)
        read = config_or_error(bad)
        if isinstance(read, DamagedFileError):
            assert str(path) in str(read)
        else:  # what the hash leaves out: the name, the recorded folder, white space
            assert {**read, "name": 0} == {**values, "name": 0}
        assert [r.result["triple"] for r in (first, last)] == [0, 6]


def test_r15_run_with_a_damaged_config_fails_alone(runner, folders):
    (folders[1] / "config.json").write_bytes(b"{")
    for folder in folders[:2]:
        (folder / "result.pkl").unlink()

    first, bad, last = runner.run(continue_run=True)

    assert (first.status, bad.status, last.status) == ("passed", "failed", "passed")
    assert bad.error.startswith("DamagedFileError")
    assert str(folders[1] / "config.json") in bad.error


@counts(("step", "count"), (40, 15), (1, 1000))
def test_r15_damaged_status(runner, folders, step, count):
    path = folders[1] / "status.json"
    whole = path.read_bytes()

    for damaged in [*cuts(whole, step), *flips(whole, count)]:
        path.write_bytes(damaged)
        (folders[0].parent / "index.jsonl").unlink(missing_ok=True)

        first, _, last = runner.results()
        assert (first.result, last.result) == ({"triple": 0}, {"triple": 6})
        results = runner.run(continue_run=True)
        assert [r.result for r in results] == [{"triple": 0}, {"triple": 3}, {"triple": 6}]
        assert json.loads(path.read_bytes())["status"] == "passed"


@counts(("step", "count"), (20, 15), (1, 1000))
def test_r15_damaged_runs(runner, folders, step, count):
    path = folders[0].parent / "runs.json"
    whole = path.read_bytes()

    for damaged in [*cuts(whole, step), *flips(whole, count)]:
        path.write_bytes(damaged)
        results = results_or_error(runner)
        if isinstance(results, DamagedFileError):
            assert str(path) in str(results)
        else:  # a folder of another name, or an axis of another
            readable = [r for r in results if r.ok]
            assert len(readable) >= 2
            assert all(r.result["triple"] == r.config.x * 3 for r in readable)


@counts(("step", "count"), (40, 15), (1, 1000))
def test_r15_damaged_index_is_rebuilt(runner, folders, step, count):
    path = folders[0].parent / "index.jsonl"
    whole = path.read_bytes()

    for damaged in [*cuts(whole, step), *flips(whole, count)]:
        path.write_bytes(damaged)
        assert [r.result["triple"] for r in runner.results() if r.ok] == [0, 3, 6]


def test_lost_owner_and_facts_harm_nobody(runner, folders):
    for name in (".owner", "batch.json", "index.jsonl"):
        (folders[0].parent / name).unlink()

    assert [r.status for r in runner.run(continue_run=True)] == ["passed"] * 3
