"""Several folders at once, and folders that come later."""

from __future__ import annotations

import pytest

from browser.records import record
from pyexp.errors import SettingsError
from pyexp.log import Logger
from pyexp.viewer.catalog.catalog import Catalog
from pyexp.viewer.settings import Root, checked_roots
from viewer_server import served


def log(folder) -> None:
    with Logger(folder) as logger:
        logger.add_scalar("loss", 1.0)


def test_a_lone_folder_keeps_its_ids_whatever_it_is_called(tmp_path) -> None:
    log(tmp_path / "a" / "run")
    alone, rooted = Catalog(tmp_path / "a"), Catalog(*checked_roots([str(tmp_path / "a")]))
    for catalog in (alone, rooted):
        catalog.scan()
    assert alone.to_json()["runs"] == rooted.to_json()["runs"]


def test_runs_of_the_same_name_in_two_folders_are_two(tmp_path) -> None:
    for name in ("a", "b"):
        log(tmp_path / name / "run")
    catalog = Catalog(*checked_roots([str(tmp_path / "a"), f"other={tmp_path / 'b'}"]))
    catalog.scan()
    listed = catalog.to_json()
    assert listed["root"] == "a + other"
    assert len({run["id"] for run in listed["runs"]}) == 2
    assert [batch["name"] for batch in listed["batches"]] == ["a", "other"]
    for run in listed["runs"]:
        assert catalog.run_at(str(catalog.run(run["id"]).path / "events.pb")) == run["id"]


@pytest.mark.parametrize("folders", [["a", "a"], ["a", "a/b"], ["a/b", "a"], ["x=a", "x=c"], ["a", "c/a"]])
def test_names_and_folders_do_not_overlap(tmp_path, monkeypatch, folders: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError):
        checked_roots(folders)


def test_a_path_that_exists_is_no_name(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=0.1").mkdir()
    assert checked_roots(["lr=0.1"]) == (Root(path=tmp_path / "lr=0.1"),)
    assert checked_roots(["lr=a"]) == (Root(path=tmp_path / "a", name="lr"),)


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_folder_that_does_not_exist_yet_is_waited_for(tmp_path) -> None:
    async with served(tmp_path / "later" / "out") as client, client.live() as page:
        listed = await client.json("/api/catalog")
        assert listed["notice"] == "'out' does not exist yet: its runs appear here when it does."
        await page.look(catalog=listed["rev"], epoch=page.epoch)
        log(tmp_path / "later" / "out" / "run")
        message = await page.next()
        assert [run["name"] for run in message["runs"]] == ["run"]
        assert (await client.json("/api/catalog"))["notice"] is None


def test_a_single_run_of_a_batch_is_looked_at_anew_each_time(tmp_path):
    with record(tmp_path, [{"name": "a"}, {"name": "b"}]) as batch:
        catalog = Catalog(batch.paths[0].root)
        catalog.scan()
        assert [run["output"] for run in catalog.to_json()["runs"]] == [False]
        (batch.paths[0].root / "log.out").write_text("words")
        assert catalog.scan()
        assert [run["output"] for run in catalog.to_json()["runs"]] == [True]


def test_a_notice_that_comes_or_goes_is_a_change(tmp_path) -> None:
    root = tmp_path / "out"
    catalog = Catalog(root)
    assert catalog.scan()
    assert "does not exist yet" in catalog.changes_since(0)["notice"]
    assert not catalog.scan()
    root.mkdir()
    held = catalog.revision
    assert catalog.scan()
    assert catalog.changes_since(held)["notice"] is None
    assert not catalog.scan()
    root.rmdir()
    held = catalog.revision
    assert catalog.scan()
    assert "does not exist yet" in catalog.changes_since(held)["notice"]
