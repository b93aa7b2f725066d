from __future__ import annotations

import pytest

from pyexp.store.index import Index, RunRecord, load_index, load_last_states
from pyexp.task import Status

RECORDS = [
    RunRecord(folder="a-1", name="a"),
    RunRecord(folder="a-1", name="a", status=Status.RUNNING, started=1.5, attempts=1),
    RunRecord(folder="b-2", name="é\n", status=Status.FAILED, started=1.0, finished=2.0, attempts=2, error="X: y"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "index.jsonl"


def write(path, *records):
    index = Index(path)
    index.append(*records)
    index.close()


def test_last_line_of_a_run_wins(path):
    write(path, *RECORDS)

    assert load_index(path) == {"a-1": RECORDS[1], "b-2": RECORDS[2]}


def test_torn_line_costs_only_itself(path):
    write(path, *RECORDS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])

    assert load_index(path) == {"a-1": RECORDS[1]}

    write(path, RECORDS[2])
    assert load_index(path) == {"a-1": RECORDS[1], "b-2": RECORDS[2]}


@pytest.mark.slow
def test_every_cut_reads_as_what_came_before(path):
    write(path, *RECORDS)
    whole = path.read_bytes()

    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        known = load_index(path)
        assert known is not None
        assert all(record in RECORDS for record in known.values())


@pytest.mark.parametrize("line", [b'{"run": "a-1", "name": "a", "status": "odd"}\n', b'{"run": "a-1"}\n'])
def test_line_that_makes_no_sense_makes_the_index_unusable(path, line):
    path.write_bytes(line)

    assert load_index(path) is None


def test_lost_index_is_none(path):
    assert load_index(path) is None


def test_nothing_appended_writes_nothing(path):
    write(path)

    assert path.read_bytes() == b""


def test_states_are_read_without_parsing_and_are_not_taken_in_by_names(tmp_path):
    index = Index(tmp_path / "index.jsonl")
    hostile = '", "status": "failed", "started": 9.0'
    index.append(RunRecord(folder="a-1", name=hostile), RunRecord(folder="b-2", name="b"))
    index.append(RunRecord(folder="a-1", name=hostile, status=Status.PASSED, started=1.5, finished=2.5, error=hostile))
    index.close()
    found = load_last_states(tmp_path / "index.jsonl")
    assert list(zip(*found, strict=True)) == [
        ("a-1", "passed", 1.5, 2.5, None),
        ("b-2", "pending", None, None, None),
    ]
    assert load_last_states(tmp_path / "none.jsonl") is None
