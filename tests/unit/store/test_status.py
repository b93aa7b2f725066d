from __future__ import annotations

import dataclasses

import pytest

from pyexp.errors import DamagedFileError
from pyexp.store.layout import RunPaths
from pyexp.store.status import load_status, readable_status, save_status, settled_status
from pyexp.task import RunState, Status

STATUS = RunState(status=Status.FAILED, started=1.5, finished=2.5, attempts=2, error="E: é\nmore", pid=7)


@pytest.fixture
def paths(tmp_path):
    return RunPaths(tmp_path)


def test_reads_back_what_was_saved(paths):
    save_status(paths.status, STATUS)

    assert load_status(paths.status) == STATUS


def test_file_is_for_people_too(paths):
    save_status(paths.status, STATUS)

    lines = paths.status.read_text().splitlines()
    assert len(lines) == len(dataclasses.fields(RunState)) + 1  # and the duration
    assert '"status": "failed",' in lines[0]


def test_missing_file_reads_as_pending(paths):
    assert load_status(paths.status) == RunState()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"status": "odd"}', b"\xff", b"null", b"3"])
def test_damage_is_named_or_read_as_asked(paths, content):
    paths.status.write_bytes(content)

    with pytest.raises(DamagedFileError, match=r"status\.json"):
        load_status(paths.status)
    assert load_status(paths.status, default_if_damaged=True) == RunState()
    assert readable_status(paths).status is Status.INTERRUPTED


def test_fields_of_a_later_version_are_ignored(paths):
    paths.status.write_text('{"status": "passed", "colour": "green"}')

    assert load_status(paths.status) == RunState(status=Status.PASSED)


@pytest.mark.parametrize(
    ("status", "has_result", "is_live", "expected"),
    [
        ("pending", False, False, "pending"),
        ("running", False, True, "running"),
        ("running", False, False, "interrupted"),
        ("running", True, False, "passed"),
        ("failed", True, False, "passed"),
        ("failed", False, False, "failed"),
        ("passed", False, False, "interrupted"),
        ("timeout", False, True, "timeout"),
    ],
)
def test_result_decides(paths, status, has_result, is_live, expected):
    if has_result:
        paths.result.touch()

    assert settled_status(paths, RunState(status=Status(status)), is_live=is_live) == expected
