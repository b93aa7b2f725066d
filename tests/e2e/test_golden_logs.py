"""Event logs that an earlier version wrote, in both formats, whole and torn: see `tests/golden`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from e2e.support_golden import copy_batches, load
from golden.values import Weights
from pyexp import Config, LogReader, Status

WRITTEN_WITH_MATPLOTLIB = "3.11.2"
PIXELS = "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000000e49444154789c6360f8cfd0e00000054201c0703636d60000000049454e44ae426082"


def open_log(tmp_path: Path, name: str) -> LogReader:
    reader = load(copy_batches(tmp_path, "logged"), "logged")[name].logger
    assert type(reader) is LogReader
    return reader


@pytest.fixture(params=["protobuf", "jsonl"])
def log(tmp_path, request) -> LogReader:
    return open_log(tmp_path, request.param)


def test_scalars(log):
    assert log.scalar_tags == {"train/loss", "odd: ünïcode 🙂", "strange"}
    assert log.load_scalars("train/loss") == [(0, 1.0), (1, 1 / 2), (2, 1 / 3), (3, 1 / 4), (4, 1 / 5)]
    assert log.load_scalars("odd: ünïcode 🙂") == [(0, 0.0), (1, 1.0), (2, 4.0), (3, 9.0), (4, 16.0)]
    zero, strange, *rest = (value for _, value in log.load_scalars("strange"))
    assert (zero, math.isnan(strange), rest) == (0.0, True, [math.inf, -math.inf, -1.5])
    assert (log.damage, len(log.attempts), log.iterations) == (0, 1, [0, 1, 2, 3, 4])


def test_texts_tables_and_numbers(log):
    assert log.load_text("note") == [(4, "line one\nümläut 🙂"), (4, "again")]
    assert log.load_histogram("histogram", 4) == {"edges": [0.0, 1.0, 2.0], "counts": [1, 3]}
    assert log.load_table("table", 4) == {"columns": ["a", "b", "c"], "rows": [[1, "x", None], [2.5, None, None]]}
    assert log.hparams == {"lr": 0.1, "layers": [8, 16]}
    assert log.load_image("image", 4).hex() == PIXELS


def test_checkpoints(log):
    assert log.checkpoint_tags == {"model/state", "grid", "states"}
    state = log.load_checkpoint("model/state", 4)
    assert state == {"weights": Weights((1.0, 2.0)), "config": {"lr": 0.1, "m": {"w": 8}}}
    assert type(state["config"]) is type(state["config"].m) is Config
    ((iteration, grid),) = log.load_checkpoints("grid")
    assert (iteration, grid.axes, grid[0, 1]) == (4, {"axis0": ["g"], "lr": [1, 2]}, {"name": "g_lr=2", "lr": 2})
    status, path, array = log.load_checkpoint("states", 4)
    assert (status, path, array.tolist()) == (Status.PENDING, Path("a/b"), [0, 1])


def test_figures(log):
    (line,) = log.entries("figure", "plots/line")
    assert (line.interactive, [part.media_type for part in line.parts]) == (True, ["application/x-pickle", "image/png"])
    assert log.read_part(line.parts[1]).startswith(b"\x89PNG\r\n\x1a\n")
    (plotly,) = log.entries("figure", "plotly")
    assert not plotly.interactive
    assert json.loads(log.read_part(plotly.parts[0]))["data"][0]["y"] == [1, 2]


def test_a_pickled_figure(log):
    matplotlib = pytest.importorskip("matplotlib", reason="the figure is a matplotlib one")
    if matplotlib.__version__ != WRITTEN_WITH_MATPLOTLIB:
        pytest.skip(f"matplotlib opens only what its own version pickled: {WRITTEN_WITH_MATPLOTLIB}")
    figure = log.load_figure("plots/line", 4)
    assert figure.axes[0].lines[0].get_ydata().tolist() == [1, 3, 2]


@pytest.mark.parametrize(("name", "ticks"), [("ticks", 40), ("torn", 27), ("jsonl-torn", 24)])
def test_many_small_writes_up_to_where_they_are_torn(tmp_path, name, ticks):
    log = open_log(tmp_path, name)
    assert log.load_scalars("tick") == [(step, step / 4) for step in range(ticks)]
    assert log.load_scalars("odd") == [(step, -float(step)) for step in range(1, ticks, 2)]
    assert log["tick"] == (ticks - 1, (ticks - 1) / 4)
    texts = [0, 10, 20] if name == "torn" else [0, 10, 20, 30]  # those of a JSONL log are in a file of their own
    assert log.load_text("phase") == [(step, f"at {step}") for step in texts]
    assert log.damage == 0


@pytest.mark.parametrize("name", ["attempts", "jsonl-attempts"])
def test_a_second_attempt_hides_the_end_of_the_first(tmp_path, name):
    log = open_log(tmp_path, name)
    assert log.load_scalars("loss") == [
        *((step, float(step)) for step in range(4)),
        *((step, step + 0.4) for step in range(4, 10)),
    ]
    assert log.load_text("end") == [(5, "attempt from 0"), (9, "attempt from 4")]
    assert [int(moment) for moment in log.attempts] == [1795737927, 1795737927]


def test_the_log_of_a_killed_run(tmp_path):
    log = load(copy_batches(tmp_path, "states"), "states")["orphaned"].logger
    assert log.load_scalars("progress") == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert log.text_tags == set()  # its config was in the record that is torn
