from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pyexp.store.layout import BatchPaths, format_timestamp, timestamp_key

MOMENT = datetime(2024, 1, 25, 14, 30, 0)  # noqa: DTZ001 — folders bear local time


def test_files_are_called_as_documented():
    batch = BatchPaths(Path("out/exp/2024-01-25_14-30-00"))
    run = batch.run("fast-0123456789ab")

    assert batch.timestamp == "2024-01-25_14-30-00"
    assert [p.name for p in (batch.runs, batch.facts, batch.index, batch.server_log, batch.report)] == [
        "runs.json", "batch.json", "index.jsonl", "forkserver.out", "report",
    ]  # fmt: skip
    assert [p.name for p in (run.config, run.status, run.result, run.log)] == [
        "config.json", "status.json", "result.pkl", "log.out",
    ]  # fmt: skip
    assert run.corrupt_result.name == "result.pkl.corrupt"
    assert [run.checkpoint("train", call).name for call in (1, 2, 3)] == ["train.pkl", "train.2.pkl", "train.3.pkl"]
    assert run.checkpoint("train", 1).parent.name == ".checkpoints"


def test_timestamps_sort_in_the_order_of_their_starts():
    names = [format_timestamp(MOMENT, serial) for serial in range(1, 12)]

    assert names[:2] == ["2024-01-25_14-30-00", "2024-01-25_14-30-00_2"]
    assert sorted(set(names), key=timestamp_key) == names


@pytest.mark.parametrize("name", ["report", "2024-01-25", "2024-01-25_14-30-00_", "x2024-01-25_14-30-00"])
def test_other_names_are_no_timestamps(name):
    assert timestamp_key(name) is None
