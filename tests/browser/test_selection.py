"""Which runs are looked at: the first twenty until they are touched, then exactly what was chosen; the filter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from browser.records import record
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def batch_of(viewer: Viewer, count: int, prefix: str) -> None:
    with record(viewer.root, [{"name": f"{prefix}{i:02}", "i": i} for i in range(count)]) as batch:
        for position in range(count):
            batch.set(position, Status.FAILED if position == 3 else Status.PASSED)


def next_batch(viewer: Viewer, count: int, prefix: str) -> None:
    time.sleep(1.1)  # batches are told apart, and ordered, by the second
    batch_of(viewer, count, prefix)


def chosen(page: Page, prefix: str) -> list[str]:
    names = page.find(".run-row[aria-selected=true] .run-name").all_inner_texts()
    return [name for name in names if name.startswith(prefix)]


def names(prefix: str, numbers: range) -> list[str]:
    return [f"{prefix}{i:02}" for i in numbers]


def test_what_was_chosen_stays_when_a_batch_starts_and_in_the_link(desk: Desk, viewer: Viewer) -> None:
    batch_of(viewer, 25, "old")
    page = desk.open()
    page.see("text=20 of 25 shown")
    page.find("[aria-label='Show old00']").click()
    page.find("[aria-label='Show old21']").click()
    expected = [*names("old", range(1, 20)), "old21"]
    page.wait_until(lambda: chosen(page, "old") == expected)
    page.wait("() => location.hash.split('.').length === 20")
    link = page.raw.evaluate("location.hash.slice(1)")
    next_batch(viewer, 22, "new")
    page.see("text=20 of 47 shown")
    assert chosen(page, "old") == expected
    assert chosen(page, "new") == []
    later = desk.open(link)
    later.see("text=20 of 47 shown")
    assert chosen(later, "old") == expected


def test_until_it_is_touched_the_first_twenty_are_on(desk: Desk, viewer: Viewer) -> None:
    batch_of(viewer, 5, "old")
    page = desk.open()
    page.see("text=5 shown")
    next_batch(viewer, 18, "new")
    page.see("text=20 of 23 shown")
    assert chosen(page, "new") == names("new", range(18))
    assert chosen(page, "old") == names("old", range(2))
    assert "flip" not in page.raw.url


def test_all_takes_in_what_appears_later_but_for_what_was_switched_off(desk: Desk, viewer: Viewer) -> None:
    batch_of(viewer, 3, "old")
    page = desk.open()
    page.raw.locator(".runs-tools").get_by_role("button", name="All").click()
    page.find("[aria-label='Show old01']").click()
    page.wait_until(lambda: chosen(page, "old") == ["old00", "old02"])
    next_batch(viewer, 2, "new")
    page.wait_until(lambda: chosen(page, "new") == ["new00", "new01"])
    assert chosen(page, "old") == ["old00", "old02"]


def test_the_filter_finds_states_and_explains_what_is_no_pattern(desk: Desk, viewer: Viewer) -> None:
    batch_of(viewer, 5, "run")
    page = desk.open()
    rows = page.find(".run-row .run-name")
    page.wait_until(lambda: rows.count() == 5)
    page.find(".runs-filter").fill("failed")
    page.wait_until(lambda: rows.all_inner_texts() == ["run03"])
    page.find(".runs-filter").fill("run04|ed")
    page.wait_until(lambda: rows.all_inner_texts() == ["run04"])
    page.find(".runs-filter").fill("lr=0.3(")
    assert page.see(".filter-error:not(:empty)").inner_text() == "Not a valid pattern: Unterminated group."


def test_the_filter_finds_values_of_configs(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": f"run{i}", "optimizer": {"lr": lr}} for i, lr in enumerate((0.1, 0.01))]):
        page = desk.open()
        rows = page.find(".run-row .run-name")
        page.wait_until(lambda: rows.count() == 2)
        page.find(".runs-filter").fill("lr=0.01$")
        page.wait_until(lambda: rows.all_inner_texts() == ["run1"])
        next_batch(viewer, 1, "other")
        page.find(".runs-filter").fill("i=0")
        page.wait_until(lambda: rows.all_inner_texts() == ["other00"])


PARTS = """() => [...document.querySelectorAll('.run-row .run-name')].map(name =>
  [name.innerText.trim(), [...name.querySelectorAll('.name-part')].map(part => Math.round(part.getBoundingClientRect().left))])"""


def test_names_leave_out_what_all_share_and_align_what_varies(desk: Desk, viewer: Viewer) -> None:
    shape = [(lr, seed) for lr in (0.1, 0.003) for seed in (0, 10)]
    configs = [{"name": f"resnet_lr={lr}_depth=4_seed={seed}", "lr": lr, "seed": seed} for lr, seed in shape]
    with record(viewer.root, configs) as batch:
        for position in range(4):
            batch.set(position, Status.PASSED)
    page = desk.open()
    page.wait_until(lambda: page.find(".run-row").count() == 4)
    names, places = zip(*page.raw.evaluate(PARTS), strict=True)
    assert [" ".join(name.split()) for name in names] == [f"lr={lr} seed={seed}" for lr, seed in shape]
    assert len(places[0]) == 2
    assert all(place == places[0] for place in places)
    assert page.find(".run-row").first.get_attribute("title").startswith("resnet_lr=0.1_depth=4_seed=0\n")
    page.find(".runs-filter").fill("depth=4_seed=10")
    page.wait_until(lambda: page.find(".run-row").count() == 2)
    assert {str(left) for _, left in page.raw.evaluate(PARTS)} == {str(places[0])}


@pytest.mark.parametrize("widest", ["width=32", "learning_rate=0.001"])
def test_the_last_of_three_parts_is_seen(desk: Desk, viewer: Viewer, widest: str) -> None:
    """Where three columns have no room, the name is cut in its middle."""
    configs = [
        {"name": f"net_lr={lr}_{widest}{seed}_seed={seed}", "seed": seed} for lr in (0.1, 1.0) for seed in range(3)
    ]
    with record(viewer.root, configs):
        page = desk.open()
        page.wait_until(lambda: page.find(".run-row").count() == 6)
    ends = "() => [...document.querySelectorAll('.run-name')].map(name => name.lastElementChild.getBoundingClientRect().right)"
    (room,) = set(page.raw.evaluate(ends.replace("name.lastElementChild", "name.closest('.run-label')")))
    assert all(end <= room + 1 for end in page.raw.evaluate(ends))
    assert all(name.endswith(f"seed={i % 3}") for i, name in enumerate(page.find(".run-name").all_inner_texts()))


def test_long_names_are_cut_in_the_middle_and_the_panel_can_be_widened(desk: Desk, viewer: Viewer) -> None:
    name = "a-run-of-the-sweep-with-a-long-name-and-seed=1234"
    with record(viewer.root, [{"name": name}]) as batch:
        batch.set(0, Status.PASSED)
        page = desk.open()
        shown = page.see(".run-name")
        assert shown.text_content() == name
        end = shown.locator(".name-end")
        is_whole = "end => end.scrollWidth <= end.clientWidth"
        assert end.inner_text().endswith("seed=1234")
        assert end.evaluate(is_whole)
        edge = page.find("[aria-label='Width of the runs panel']")
        before = page.see(".runs-panel").bounding_box()["width"]
        box = edge.bounding_box()
        page.raw.mouse.move(box["x"] + 4, 300)
        page.raw.mouse.down()
        page.raw.mouse.move(500, 300, steps=3)
        page.raw.mouse.up()
        assert page.see(".runs-panel").bounding_box()["width"] == 500
        edge.press("ArrowLeft")
        page.raw.reload()
        page.see(".run-name")
        assert page.see(".runs-panel").bounding_box()["width"] == 484
        page.find("[aria-label='Width of the runs panel']").dblclick()
        assert page.see(".runs-panel").bounding_box()["width"] == before
