"""What logs say of their runs besides values: damage, no log at all, and the times of runs without a status."""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING

import pytest

from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points
from pyexp.store.status import save_status
from pyexp.task import RunState, Status
from pyexp.viewer.data.library import Library

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def facts_of(root: Path) -> dict[str, dict[str, Any]]:
    """The facts of each kind, by the names of the runs below `root`."""
    library = Library(root)
    library.catalog.scan()
    runs = {run["id"]: run["name"] for run in library.catalog.to_json()["runs"]}
    found = library.log_facts(list(runs))
    library.close()
    return {kind: {runs[key]: fact for key, fact in facts.items()} for kind, facts in found.items()}


def log_at(folder: Path, **times: list[float]) -> None:
    """A log with points at these unix times, which was written now."""
    folder.mkdir()
    file = EventFile(folder / "events.pb")
    points = [
        Points(tag, array("q", range(len(found))), array("d", found), array("d", found)) for tag, found in times.items()
    ]
    file.prepare(points, [])()
    file.close()


def test_a_log_that_is_whole_and_has_a_status_needs_no_word(tmp_path: Path) -> None:
    with Logger(tmp_path / "run") as logger:
        logger.add_scalar("loss", 1)
    save_status(tmp_path / "run" / "status.json", RunState(status=Status.PASSED, started=1.0, finished=2.0))
    assert facts_of(tmp_path) == {"damage": {}, "problems": {}, "spans": {}}


@pytest.mark.parametrize("kind", ["scalar", "text", "figure-less table"])
def test_a_lone_log_began_with_its_logger_and_ends_with_its_last_point(tmp_path: Path, kind: str) -> None:
    with Logger(tmp_path / "run") as logger:
        if kind == "scalar":
            logger.add_scalar("loss", 1)
        elif kind == "text":
            logger.add_text("note", "x")
        else:
            logger.add_table("errors", {"a": [1]})
    first, last = facts_of(tmp_path)["spans"]["run"]
    assert 1e9 < first <= last <= (tmp_path / "run" / "events.pb").stat().st_mtime + 1


def test_what_was_logged_before_the_log_was_written_counts_from_its_first_point(tmp_path: Path) -> None:
    log_at(tmp_path / "run", loss=[1000.0, 1500.0], accuracy=[900.0, 1700.0])
    assert facts_of(tmp_path)["spans"] == {"run": (900.0, 1700.0)}


def test_points_that_a_later_attempt_hides_do_not_count(tmp_path: Path) -> None:
    for value in (1, 2):
        with Logger(tmp_path / "run") as logger:
            for step in range(3):
                logger.add_scalar("loss", value, step=step)
    first, last = facts_of(tmp_path)["spans"]["run"]
    assert last >= first > 1e9


def test_files_of_another_program_and_damage_are_named(tmp_path: Path) -> None:
    for name in ("bytes", "lines"):
        (tmp_path / name).mkdir()
    (tmp_path / "bytes" / "events.pb").write_bytes(os.urandom(5000))
    (tmp_path / "lines" / "scalars.jsonl").write_text('{"epoch": 1}\n' * 20)
    with Logger(tmp_path / "damaged") as logger:
        for step in range(5000):
            logger.add_scalar("loss", step**0.5, step=step)
    data = bytearray((tmp_path / "damaged" / "events.pb").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "damaged" / "events.pb").write_bytes(data)
    found = facts_of(tmp_path)
    assert set(found["problems"]) == {"bytes", "lines"}
    assert found["damage"]["damaged"] >= 1
    assert "damaged" not in found["problems"]
