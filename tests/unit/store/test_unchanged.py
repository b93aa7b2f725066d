"""Files that are what the index noted of them are not read again; others are, and what was altered is noticed."""

from __future__ import annotations

import os
import shutil
import warnings

import pytest

from pyexp.errors import DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.batches import settling
from pyexp.store.batches.settling import settle
from pyexp.store.configs.reading import RunConfigs
from support.experiments import make_runner

MANY = 40


@pytest.fixture
def runner(tmp_path):
    configs = [{"name": f"r{x}", "x": x, "pair": (x, {"y": x})} for x in range(MANY)]
    made = make_runner(lambda config: config.x, configs, tmp_path, executor="inline")
    made.run()
    return made


@pytest.fixture
def batch(runner):
    return Batch.open(runner.results()[0].out.parent)


def alter(path, *, keeps_time: bool):
    found = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    if keeps_time:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.slow
def test_continuing_a_finished_batch_opens_no_run(runner, batch, monkeypatch):
    before = batch.paths.index.stat()
    monkeypatch.setattr(settling, "_settle", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr("pyexp.runner.start.decision.check_result", lambda *_: pytest.fail("hashed"))
    assert len(runner.run(continue_run=True)) == MANY
    assert batch.paths.index.stat().st_ino == before.st_ino


@pytest.mark.slow
@pytest.mark.parametrize("keeps_time", [False, True])
@pytest.mark.parametrize("settings", [{}, {"verify": True}], ids=["", "verify"])
def test_an_altered_result_is_run_again(runner, batch, settings, keeps_time):
    path = batch.run(batch.folders[3]).result
    alter(path, keeps_time=keeps_time)
    is_noticed = bool(settings) or not keeps_time
    results = runner.run(continue_run=True, **settings)
    assert (path.with_name("result.pkl.corrupt")).exists() is is_noticed
    assert results[3].attempts == (2 if is_noticed else 1)
    assert results[3].ok is is_noticed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.json", "status.json", ""])
def test_what_was_removed_from_a_run_that_passed_is_made_again(runner, batch, name):
    path = batch.run(batch.folders[3]).root / name
    path.unlink() if name else shutil.rmtree(path)
    runner.run(continue_run=True)
    assert path.exists()
    assert [result.result for result in runner.results()] == list(range(MANY))
    assert all(result.ok for result in runner.results())


@pytest.mark.slow
def test_a_copy_is_noted_anew_once(runner, batch, tmp_path):
    shutil.copytree(runner.folder, tmp_path / "copy" / "exp", copy_function=shutil.copyfile)
    copied = Batch.open(tmp_path / "copy" / "exp" / batch.paths.timestamp)
    first = settle(copied)
    assert copied.records() == first != batch.records()
    before = copied.paths.index.stat()
    assert settle(copied) == first
    assert copied.paths.index.stat().st_ino == before.st_ino


@pytest.mark.slow
def test_many_configs_are_read_from_one_file(runner, monkeypatch):
    reads = []
    monkeypatch.setattr(RunConfigs, "_read", lambda self, folder: reads.append(folder) or original(self, folder))
    results = runner.results()
    assert len(results[{"config.x": lambda x: x >= 10}]) == MANY - 10
    assert len(reads) == 16
    for result in results:
        assert (result.config.pair, result.config.out, result.config.name) == (
            (result.result, {"y": result.result}),
            result.out,
            f"r{result.result}",
        )
    results[30].config.pair[1].y = "changed"
    assert runner.results()[30].config.pair[1].y == 30


original = RunConfigs._read


@pytest.mark.slow
@pytest.mark.parametrize("change", ["altered", "removed", "link", "moved and linked", "swapped", "torn"])
def test_a_config_that_is_not_the_one_of_then_is_noticed(runner, batch, change, tmp_path):
    paths = batch.run(batch.folders[30])
    match change:
        case "altered":
            paths.config.write_text(paths.config.read_text().replace('"x": 30', '"x": 31'))
        case "removed":
            paths.config.unlink()
        case "link":
            paths.config.rename(tmp_path / "config.json")
            paths.config.symlink_to(tmp_path / "config.json")
        case "moved and linked":
            paths.root.rename(tmp_path / "run")
            paths.root.symlink_to(tmp_path / "run")
        case "swapped":
            paths.config.write_bytes(batch.run(batch.folders[31]).config.read_bytes())
        case "torn":
            paths.config.write_bytes(paths.config.read_bytes()[:-20])
    results = runner.results()
    is_refused = change not in ("removed", "link")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it names the run that is left out
        found = results[{"config.x": lambda x: x >= 29}]
    assert [result.name for result in found] == [f"r{x}" for x in range(29, MANY) if not (is_refused and x == 30)]
    if is_refused:
        with pytest.raises(DamagedFileError):
            _ = results[30].config


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["altered", "torn", "gone"])
def test_a_damaged_list_of_configs_is_not_needed(runner, batch, damage):
    path = batch.paths.configs
    lines = path.read_bytes().splitlines(keepends=True)
    match damage:
        case "altered":
            path.write_bytes(b"".join(line.replace(b'"x": 30', b'"x": 31') for line in lines))
        case "torn":
            path.write_bytes(path.read_bytes()[:-50])
        case "gone":
            path.unlink()
    assert [result.config.x for result in runner.results()] == list(range(MANY))
