from __future__ import annotations

import copy
import pickle

import pytest

from pyexp import Config, Result, Status, Tensor
from pyexp.errors import DamagedFileError
from pyexp.store.batch import Batch
from pyexp.store.index import RunRecord
from support.experiments import make_runner


def act(config):
    print("said", config.x)
    if config.x == 1:
        raise ValueError("no")
    return config.x


@pytest.fixture
def runner(tmp_path):
    made = make_runner(act, [{"name": f"r{x}", "x": x} for x in range(2)], tmp_path, executor="inline")
    made.run()
    return made


def test_run_that_passed(runner):
    passed = runner.results()[0]

    assert (passed.name, passed.status, passed.ok, passed.result, passed.error) == ("r0", "passed", True, 0, None)
    assert (passed.log, passed.attempts, passed.config.x, passed.cfg.x) == ("said 0\n", 1, 0, 0)
    assert passed.out == passed.config.out
    assert passed.duration == pytest.approx((passed.finished - passed.started).total_seconds(), abs=1e-5)
    assert repr(passed) == "Result('r0', passed)"


def test_run_that_failed(runner):
    failed = runner.results()[1]

    assert (failed.status, failed.ok, failed.result) == ("failed", False, None)
    assert failed.error.splitlines()[0] == "ValueError: no"
    assert "Traceback" in failed.error


def test_nothing_is_read_before_it_is_asked_for(runner, monkeypatch):
    def refuse(*_):
        raise AssertionError("read too early")

    monkeypatch.setattr("pyexp.results.result.load_result", refuse)
    monkeypatch.setattr("pyexp.store.batch.Batch.load_config", refuse)

    assert [r.status for r in runner.results()] == ["passed", "failed"]
    assert [r.name for r in runner.results()] == ["r0", "r1"]


def test_run_whose_result_was_removed_has_not_passed(runner):
    (runner.results()[0].out / "result.pkl").unlink()
    lost = runner.results()[0]

    assert (lost.status, lost.ok, lost.result) == ("interrupted", False, None)
    assert runner.run(report_run=True)[0].status == "interrupted"
    assert runner.run(continue_run=True)[0].result == 0


def test_result_is_read_once(runner):
    passed = runner.results()[0]

    assert passed.result == 0
    (passed.out / "result.pkl").unlink()
    assert passed.result == 0


def test_unreadable_result_is_an_error_of_that_run(runner):
    (runner.results()[0].out / "result.pkl").write_bytes(b"\x80")
    passed = runner.results()[0]

    assert passed.error.startswith("DamagedFileError")
    assert (passed.result, passed.ok, passed.status) == (None, False, "passed")


def test_damaged_config_is_raised_where_it_is_asked_for(runner):
    (runner.results()[0].out / "config.json").write_bytes(b"{")
    passed = runner.results()[0]

    assert passed.result == 0
    with pytest.raises(DamagedFileError, match=r"config\.json"):
        _ = passed.config


def test_missing_log_is_empty(runner):
    passed = runner.results()[0]
    (passed.out / "log.out").unlink()

    assert passed.log == ""


def test_logger_is_none_when_nothing_was_logged(runner):
    assert runner.results()[0].logger is None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda result: pickle.loads(pickle.dumps(result))])
def test_a_copy_reads_for_itself(runner, copied):
    passed = copied(runner.results()[0])

    assert (passed.result, passed.config.x, passed.logger, passed.error) == (0, 0, None, None)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PASSED])
def test_every_run_without_a_result_says_why(tmp_path, status):
    batch, claim = Batch.create(tmp_path / "exp", Tensor([Config(name="a")]), {})
    claim.release()
    result = Result(batch, RunRecord(folder=batch.folders[0], name="a", status=status))
    assert result.result is None
    assert ": " in result.error
