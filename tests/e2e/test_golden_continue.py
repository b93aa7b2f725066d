"""Batches that an earlier version wrote are listed, reported and continued: see `tests/golden`."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from e2e.support_golden import OLDER, STATES, copy_batches, executions, load, name_of
from golden.experiments import RUNNERS
from golden.values import Weights
from pyexp import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp import Tensor


@pytest.mark.parametrize("experiment", STATES)
def test_list_counts_the_states(tmp_path, capsys, experiment):
    out = copy_batches(tmp_path, experiment)
    RUNNERS[experiment].run(argv=["--list", "--output-dir", str(out)])
    heading, *older, latest = capsys.readouterr().out.splitlines()
    assert heading == f"{experiment} in {out}"
    counts = Counter(status for status, _, _ in STATES[experiment].values())
    wanted = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    assert re.split(r"\s{2,}", latest)[:2] == [max(path.name for path in (out / experiment).iterdir()), wanted]
    assert [re.split(r"\s{2,}", line)[:2] for line in older] == ([[OLDER, "2 passed"]] if experiment == "swept" else [])


@pytest.mark.parametrize("experiment", sorted(STATES.keys() - {"swept", "Training", "named"}))
def test_report_prints_a_row_per_run(tmp_path, capsys, experiment):
    out = copy_batches(tmp_path, experiment)
    RUNNERS[experiment].run(argv=["--report", "--output-dir", str(out)])
    rows = capsys.readouterr().out.splitlines()[1:]
    for row, (name, (status, _, _)) in zip(rows, STATES[experiment].items(), strict=True):
        assert re.match(rf"{re.escape(name)}(-[0-9a-f]{{12}})? +{status}\b", row), row


def test_report_calls_the_users_report(tmp_path, capsys):
    out = copy_batches(tmp_path, "swept", "Training", "named")
    lines = RUNNERS["swept"].run(argv=["--report", OLDER, "--output-dir", str(out)])
    assert lines == ["mlp_short passed 2.0", "mlp_wide passed 16.0"]
    assert (
        out / "swept" / OLDER / "report" / "table.txt"
    ).read_text() == "mlp_short passed 2.0\nmlp_wide passed 16.0\n"
    assert RUNNERS["Training"].run(argv=["--report", "--output-dir", str(out)]) == [
        ("passed", "passed", 2.0),
        ("failed", "failed", None),
    ]
    RUNNERS["named"].run(argv=["--report", "--output-dir", str(out)])
    assert "ünïcode 🙂" in capsys.readouterr().out


UNFINISHED = {
    "states": {"failed", "failed-twice", "exited", "killed", "timed-out", "interrupted", "orphaned", "pending"},
    "damaged": {"flipped-result", "cut-result", "lost-status-and-result", "lost-result"},
    "staged": {"failed"},
    "Training": {"failed"},
}
LOST = "altered-config-without-result"  # nothing can make it pass: its config is not the one it ran with


def check_continued(out: Path, experiment: str, *flags: str) -> Tensor:
    """Continue the latest batch; what had not passed is executed once more, nothing else, and passes."""
    before = executions(load(out, experiment))
    RUNNERS[experiment].run(
        argv=["--continue", "--output-dir", str(out), "--no-stash", *flags], report=lambda results: results
    )
    results = load(out, experiment)
    after = executions(results)
    again = UNFINISHED.get(experiment, set())
    assert {name: after[name] - before[name] for name in after} == {name: int(name in again) for name in after}
    assert {name_of(r) for r in results if not r.ok} == ({LOST} if experiment == "damaged" else set())
    attempts = {name: count + (name in again) for name, (_, _, count) in STATES[experiment].items()}
    attempts.pop("lost-status", None)  # it is the status that tells
    assert {name: r.attempts for r in results if (name := name_of(r)) in attempts} == attempts
    return results


@pytest.mark.parametrize("experiment", STATES)
def test_continue_executes_what_has_not_passed(tmp_path, experiment):
    check_continued(copy_batches(tmp_path, experiment), experiment, "--executor", "inline")


@pytest.mark.parametrize("executor", ["subprocess", "fork"])
def test_continue_in_processes(tmp_path, executor):
    results = check_continued(copy_batches(tmp_path, "states"), "states", "--executor", executor)
    endings = ["return", "raise", "raise", "exit", "kill", "raise once", "wait", "wait", "wait", "return"]
    assert [r.result for r in results] == [{"ending": ending} for ending in endings]
    for result in results:
        assert result.logger.load_scalars("progress") == [(0, 0.0), (1, 0.5), (2, 1.0)]
        assert result.logger.damage == 0
    assert results["orphaned"].logger.text_tags == {"config"}


def test_continue_of_damaged_runs(tmp_path):
    results = check_continued(copy_batches(tmp_path, "damaged"), "damaged", "--executor", "inline")
    assert [r.result and r.result["triple"] for r in results] == [0, 3, 6, 9, None, 15, 18, 21, 24]
    kept = {r.name for r in results if (r.out / "result.pkl.corrupt").exists()}
    assert kept == {"flipped-result", "cut-result"}
    (lost,) = (r for r in results if name_of(r) == LOST)
    assert lost.status == "failed"
    assert lost.error.startswith("DamagedFileError")


def test_continue_skips_checkpointed_steps(tmp_path):
    out = copy_batches(tmp_path, "staged", "Training")
    _, staged = check_continued(out, "staged", "--executor", "inline")
    assert staged.result["total"] == 99
    config, tensor, status, weights = staged.result["kinds"]
    assert (config.a.b, tensor.axes, status, weights) == (1, {"u": [0], "v": ["w"]}, Status.RUNNING, Weights((1.0,)))
    steps = "outer 1;inner 1;inner 10;outer 2;inner 2;inner 20;kinds;"
    assert (staged.out / "steps").read_text().replace("\n", ";") == steps
    _, trained = check_continued(out, "Training", "--executor", "inline")
    assert (trained.out / "steps").read_text() == "prepare\nread\nevaluate 0\nevaluate 1\n"
    assert (trained.score, trained.weights, trained.state) == (1.5, Weights((0.25, 2.0)), Status.PASSED)
    assert (trained.grid.axes, trained.data) == ({"axis0": ["g"], "lr": [1, 2]}, {(1, 2), (3, 4)})
