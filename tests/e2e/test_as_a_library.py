"""The runner inside other programs: plain calls, threads, results of a batch that still runs, errors with a type."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import pyexp
from support.waiting import wait_until_read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyexp import ExperimentRunner

CONFIGS = [{"name": "good", "x": 3}, {"name": "bad", "x": 0}]


@pytest.fixture
def inverse(tmp_path: Path) -> ExperimentRunner:
    runner = pyexp.experiment(name="inverse", executor="inline", stash=False, output_dir=tmp_path)(lambda c: 6 // c.x)
    runner.configs(lambda: CONFIGS)
    return runner


def test_a_call_is_just_a_call(inverse: ExperimentRunner, tmp_path: Path):
    assert inverse({"x": 2}) == 3
    with pytest.raises(ZeroDivisionError):
        inverse({"x": 0})
    assert list(tmp_path.iterdir()) == []


def test_without_a_report_the_results_are_returned(inverse: ExperimentRunner, capsys: pytest.CaptureFixture[str]):
    results = inverse.run()
    assert [(r.name, r.status, r.result, r.ok) for r in results] == [
        ("good", "passed", 2, True),
        ("bad", "failed", None, False),
    ]
    assert results["bad"].error.startswith("ZeroDivisionError: ")
    assert "good" in capsys.readouterr().out


def test_strict_raises_after_the_report(inverse: ExperimentRunner):
    reported = []
    with pytest.raises(pyexp.ExperimentsFailedError, match="1 passed, 1 failed"):
        inverse.run(strict=True, report=lambda results: reported.append(len(results)))
    assert reported == [2]


def test_arun_returns_what_an_async_report_returns(inverse: ExperimentRunner, monkeypatch: pytest.MonkeyPatch):
    async def report(results: Any, report_dir: Path) -> tuple[int, str]:
        await asyncio.sleep(0)
        return len(results), report_dir.name

    monkeypatch.setattr("sys.argv", ["program", "--not-a-flag"])
    assert asyncio.run(inverse.arun(report=report)) == (2, "report")
    assert inverse.run(report=report) == (2, "report")


def test_a_dry_run_returns_nothing(inverse: ExperimentRunner, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert inverse.run(dry_run=True) is None
    assert asyncio.run(inverse.arun(dry_run=True)) is None
    assert capsys.readouterr().out.count("2 of 2 runs would be executed by InlineExecutor in a new batch in") == 2
    assert list(tmp_path.iterdir()) == []


def test_continue_and_report_by_call(inverse: ExperimentRunner):
    inverse.run(filter="good")
    timestamp = inverse.results()["good"].out.parent.name
    assert [r.status for r in inverse.run(continue_run=timestamp)] == ["passed", "failed"]
    assert [r.attempts for r in inverse.run(continue_run=True)] == [1, 2]
    assert [r.attempts for r in inverse.run(report_run="latest")] == [1, 2]


def test_several_threads_run_at_once(tmp_path: Path):
    def start(name: str, results: dict[str, Any]) -> Callable[[], None]:
        def body(config: Any) -> int:
            return config.x + 1

        runner = pyexp.experiment(name=name, executor="fork", stash=False, output_dir=tmp_path)(body)
        return lambda: results.update(
            {name: runner.run(configs=lambda: CONFIGS, report=lambda rs: [r.result for r in rs])}
        )

    found: dict[str, Any] = {}
    threads = [threading.Thread(target=start(f"experiment{i}", found)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"experiment{i}": [4, 1] for i in range(3)}


def test_results_are_loaded_while_the_batch_runs(tmp_path: Path):
    def body(config: Any) -> str:
        import time
        from pathlib import Path

        if config.name == "second":
            Path(config.folder, "started").write_text("x")
            while not Path(config.folder, "go").exists():
                time.sleep(0.01)
        return config.name

    runner = pyexp.experiment(name="long", executor="fork", jobs=1, stash=False, output_dir=tmp_path / "out")(body)
    runner.configs(lambda: [{"name": name, "folder": tmp_path} for name in ("first", "second", "third")])
    thread = threading.Thread(target=runner.run)
    thread.start()
    wait_until_read(tmp_path / "started")
    seen = [(r.status, r.result) for r in runner.results()]
    (tmp_path / "go").touch()
    thread.join()
    assert seen == [("passed", "first"), ("running", None), ("pending", None)]
    assert [r.status for r in runner.results()] == ["passed"] * 3


def test_live_output_of_an_inline_run_under_a_running_loop_is_not_its_own_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def body(config: Any) -> None:
        print("first")
        deadline = time.monotonic() + 10
        while "first" not in (config.out / "log.out").read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)  # time enough for the line to be followed, several times over
        print("second")

    runner = pyexp.experiment(name="live", executor="inline", stash=False, output_dir=tmp_path, capture=False)(body)

    async def main() -> None:
        runner.run(configs=lambda: [{"name": "a"}], report=lambda results: None)

    asyncio.run(main())
    assert runner.results()["a"].log == "first\nsecond\n"
    assert capsys.readouterr().out == "first\nsecond\n"
