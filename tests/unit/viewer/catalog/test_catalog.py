"""What the catalogue finds, under which ids, and what it tells a page that holds an older revision."""

from __future__ import annotations

import json
import os
import time

import pytest

from pyexp.config.config import Config
from pyexp.store.batch import Batch
from pyexp.store.index import Index, RunRecord
from pyexp.store.status import save_status
from pyexp.task import RunState, Status
from pyexp.tensor.tensor import Tensor
from pyexp.viewer.catalog import rows
from pyexp.viewer.catalog.catalog import Catalog
from pyexp.viewer.protocol.errors import UnknownIdError


def make_batch(folder, *names, shape=None):
    configs = Tensor([Config(name=name, lr=place / 10) for place, name in enumerate(names)], shape)
    batch, claim = Batch.create(folder, configs, {})
    return batch, claim


def by_name(catalog):
    return {run["name"]: run for run in catalog.to_json()["runs"]}


def age(*paths):
    """Let files look as if they had been written long ago."""
    for path in paths:
        os.utime(path, (time.time() - 3600,) * 2)


def test_an_empty_folder_has_nothing(tmp_path):
    catalog = Catalog(tmp_path)
    assert catalog.scan() is False
    assert catalog.to_json() == {"rev": 0, "root": tmp_path.name, "notice": None, "batches": [], "runs": []}


def test_a_batch_is_found_from_any_folder_above_it(tmp_path):
    batch, claim = make_batch(tmp_path / "out" / "mnist", "a", "b", "c")
    for root in (tmp_path, tmp_path / "out", tmp_path / "out" / "mnist", batch.paths.root):
        catalog = Catalog(root)
        assert catalog.scan()
        found = catalog.to_json()
        assert [(b["experiment"], b["timestamp"], b["total"], b["live"]) for b in found["batches"]] == [
            ("mnist", batch.paths.timestamp, 3, True)
        ]
        assert [(run["name"], run["status"], run["position"]) for run in found["runs"]] == [
            ("a", "pending", 0),
            ("b", "pending", 1),
            ("c", "pending", 2),
        ]
        assert {run["batch"] for run in found["runs"]} == {found["batches"][0]["id"]}
    claim.release()


def test_one_run_of_a_batch_keeps_its_state(tmp_path):
    batch, claim = make_batch(tmp_path / "mnist", "a", "b")
    index = Index(batch.paths.index)
    state = RunState(status=Status.FAILED, error="ValueError: no", attempts=2)
    save_status(batch.run(batch.folders[1]).status, state)
    index.append(RunRecord.of(batch.folders[1], "b", state))
    index.close()
    claim.release()
    catalog = Catalog(batch.run(batch.folders[1]).root)
    catalog.scan()
    (run,) = catalog.to_json()["runs"]
    assert (run["name"], run["status"], run["error"], run["attempts"]) == ("b", "failed", "ValueError: no", 2)


def test_the_shape_and_axes_of_a_sweep_are_told(tmp_path):
    make_batch(tmp_path / "x", "a", "b", "c", "d", shape=(2, 2))[1].release()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert catalog.to_json()["batches"][0]["shape"] == (2, 2)


def test_a_dead_owners_run_reads_as_interrupted(tmp_path):
    batch, claim = make_batch(tmp_path / "x", "a")
    index = Index(batch.paths.index)
    index.append(RunRecord(folder=batch.folders[0], name="a", status=Status.RUNNING))
    index.close()
    catalog = Catalog(tmp_path)
    catalog.scan()
    save_status(batch.run(batch.folders[0]).status, RunState(status=Status.RUNNING))
    assert by_name(catalog)["a"]["status"] == "running"
    claim.release()
    assert catalog.scan()
    assert by_name(catalog)["a"]["status"] == "interrupted"


def test_lone_logs_are_found_at_any_depth_under_their_folder(tmp_path):
    for name in ("one", "deep/er/two", "deep/er/three"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    found = catalog.to_json()
    names = {batch["id"]: batch["name"] for batch in found["batches"]}
    assert {run["name"]: names[run["batch"]] for run in found["runs"]} == {
        "one": tmp_path.name,
        "two": "deep/er",
        "three": "deep/er",
    }
    assert {run["status"] for run in found["runs"]} == {"log"}


def test_lone_logs_are_numbered_as_they_were_begun(tmp_path):
    for number, name in enumerate(("z", "run10", "run2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".pyexp").touch()
        os.utime(tmp_path / name / ".pyexp", (1.0 + min(number, 1),) * 2)
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert {run["name"]: run["position"] for run in catalog.to_json()["runs"]} == {"z": 0, "run2": 1, "run10": 2}


def test_the_root_may_be_a_lone_run(tmp_path):
    (tmp_path / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert [run["name"] for run in catalog.to_json()["runs"]] == [tmp_path.name]


def test_a_lone_log_runs_while_it_grows(tmp_path):
    (tmp_path / "events.pb").write_bytes(b"x")
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert catalog.to_json()["runs"][0]["status"] == "running"
    age(tmp_path / "events.pb")
    assert catalog.scan()
    assert catalog.to_json()["runs"][0]["status"] == "log"


def test_a_lone_run_with_a_status_shows_it(tmp_path):
    save_status(tmp_path / "status.json", RunState(status=Status.FAILED, error="E: x\ny", started=1.0, finished=3.5))
    catalog = Catalog(tmp_path)
    catalog.scan()
    (run,) = catalog.to_json()["runs"]
    assert (run["status"], run["error"], run["duration"]) == ("failed", "E: x", 2.5)


def test_a_log_below_a_run_of_a_batch_is_found_too(tmp_path):
    batch, claim = make_batch(tmp_path / "x", "a")
    inner = batch.run(batch.folders[0]).root / "worker"
    inner.mkdir()
    (inner / ".pyexp").touch()
    claim.release()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert set(by_name(catalog)) == {"a", "worker"}


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".pyexp").touch()
    (outside / "log.out").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "run").mkdir()
    (root / "run" / "events.pb").symlink_to(outside / ".pyexp")
    batch, claim = make_batch(root / "x", "a")
    run = batch.run(batch.folders[0]).root
    (run / "config.json").unlink()
    run.rmdir()
    run.symlink_to(outside)
    claim.release()
    catalog = Catalog(root)
    catalog.scan()
    (found,) = catalog.to_json()["runs"]
    assert (found["events"], found["output"]) == (False, False)


def test_a_damaged_batch_is_told_and_its_runs_are_still_shown(tmp_path):
    batch, claim = make_batch(tmp_path / "x", "a", "b")
    for folder in batch.folders:
        save_status(batch.run(folder).status, RunState(status=Status.FAILED))
    claim.release()
    batch.paths.runs.write_bytes(b'{"shape"')
    catalog = Catalog(tmp_path)
    catalog.scan()
    found = catalog.to_json()
    assert "runs.json" in found["notice"]
    assert {run["status"] for run in found["runs"]} == {"failed"}
    assert len(found["runs"]) == 2


def test_ids_are_the_same_after_a_restart_and_fit_javascript(tmp_path):
    make_batch(tmp_path / "x", "a", "b")[1].release()
    first, second = Catalog(tmp_path), Catalog(tmp_path)
    first.scan()
    second.scan()
    ids = [run["id"] for run in first.to_json()["runs"]]
    assert ids == [run["id"] for run in second.to_json()["runs"]]
    assert all(0 <= key < 2**53 for key in ids)
    assert first.run(ids[0]).name == "a"
    with pytest.raises(UnknownIdError):
        first.run(ids[0] + 1)


def test_entries_are_made_again_only_where_something_is_different(tmp_path, monkeypatch):
    made = []
    for name in ("batch_entry", "batch_runs"):
        real = getattr(rows, name)
        monkeypatch.setattr(
            f"pyexp.viewer.catalog.catalog.{name}",
            lambda *given, name=name, real=real: made.append(name) or real(*given),
        )
    _, claim = make_batch(tmp_path / "mnist", "a", "b")
    catalog = Catalog(tmp_path)
    assert [catalog.scan() for _ in range(3)] == [True, False, False]
    assert sorted(made) == ["batch_entry", "batch_runs"]
    claim.release()
    assert catalog.scan()
    assert sorted(made) == ["batch_entry", "batch_entry", "batch_runs", "batch_runs"]


def test_a_page_is_told_only_what_changed(tmp_path):
    batch, claim = make_batch(tmp_path / "x", "a", "b")
    catalog = Catalog(tmp_path)
    catalog.scan()
    held = catalog.revision
    assert catalog.scan() is False
    batch.run(batch.folders[1]).result.write_bytes(b"N.")
    index = Index(batch.paths.index)
    index.append(RunRecord(folder=batch.folders[1], name="b", status=Status.PASSED, started=1.0, finished=2.0))
    index.close()
    assert catalog.scan() is True
    changes = catalog.changes_since(held)
    assert changes["batches"] == []
    assert [(run["name"], run["status"], run["duration"]) for run in changes["runs"]] == [("b", "passed", 1.0)]
    assert changes["gone"] == {"batches": [], "runs": []}
    assert catalog.changes_since(catalog.revision)["runs"] == []
    claim.release()


def test_what_went_is_told(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    held, gone = catalog.revision, by_name(catalog)["one"]["id"]
    (tmp_path / "one" / ".pyexp").unlink()
    (tmp_path / "one").rmdir()
    catalog.scan()
    assert catalog.changes_since(held)["gone"]["runs"] == [gone]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / ".pyexp").touch()
    catalog.scan()
    changes = catalog.changes_since(held)
    assert changes["gone"]["runs"] == []
    assert gone in [run["id"] for run in changes["runs"]]


def test_a_page_of_another_server_starts_over(tmp_path):
    catalog = Catalog(tmp_path)
    assert catalog.changes_since(5) == {"type": "catalog", "rev": 0, "reload": True}
    assert catalog.changes_since(-1)["reload"] is True


def test_a_path_belongs_to_the_nearest_run(tmp_path):
    batch, claim = make_batch(tmp_path / "x", "a")
    claim.release()
    catalog = Catalog(tmp_path)
    catalog.scan()
    run = batch.run(batch.folders[0]).root
    key = by_name(catalog)["a"]["id"]
    assert catalog.run_at(os.fspath(run / "events.pb")) == key
    assert catalog.run_at(os.fspath(run / "3" / "figures" / "x.png")) == key
    assert catalog.run_at(os.fspath(batch.paths.index)) is None
    assert catalog.run_at("/elsewhere/events.pb") is None


def test_hostile_names_are_cut_and_are_json(tmp_path):
    _, claim = make_batch(tmp_path / "x", "<script>alert(1)</script>" + "é" * 1000)
    claim.release()
    (tmp_path / os.fsdecode(b"bad\xff")).mkdir()
    (tmp_path / os.fsdecode(b"bad\xff") / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    text = json.dumps(catalog.to_json())
    text.encode("utf-8")
    assert max(len(run["name"]) for run in catalog.to_json()["runs"]) == 300


def test_runs_over_the_limit_are_left_out_with_a_notice(tmp_path, monkeypatch):
    monkeypatch.setattr("pyexp.viewer.catalog.catalog.RUN_LIMIT", 3)
    for name in ("x", "y", "z"):
        make_batch(tmp_path / name, "a", "b")[1].release()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert len(catalog.to_json()["runs"]) == 2
    assert catalog.notice.startswith("4 runs are not shown")


def test_folders_without_end_are_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("pyexp.viewer.catalog.folder_walk._DEPTH_LIMIT", 3)
    deep = tmp_path / "1" / "2" / "3" / "4" / "5"
    deep.mkdir(parents=True)
    (deep / ".pyexp").touch()
    for name in ("0", "9"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert set(by_name(catalog)) == {"0", "9"}
    assert "too deep" in catalog.notice
    monkeypatch.setattr("pyexp.viewer.catalog.folder_walk._FOLDER_LIMIT", 1)
    catalog.scan()
    assert len(by_name(catalog)) == 1
    assert "Only 1 folders" in catalog.notice


def test_one_folder_that_cannot_be_read_hides_no_other(tmp_path, monkeypatch):
    make_batch(tmp_path / "x", "a")[1].release()
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / ".pyexp").touch()

    def fail(_batch):
        raise RuntimeError("odd")

    monkeypatch.setattr(Batch, "records", fail)
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert set(by_name(catalog)) == {"lone"}
    assert "odd" in catalog.notice


def test_iterations_of_the_line_format_are_not_searched(tmp_path):
    (tmp_path / "scalars.jsonl").touch()
    (tmp_path / "12" / "figures").mkdir(parents=True)
    (tmp_path / "12" / "figures" / ".pyexp").touch()
    catalog = Catalog(tmp_path)
    catalog.scan()
    assert len(catalog.to_json()["runs"]) == 1
