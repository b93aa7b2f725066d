"""The Runs tab in a real browser: the table, its columns and its order, configs side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from browser.records import STARTED, record, standard
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def test_runs_table_sorts_and_shows_what_differs(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=20)
    page = desk.open("tab=runs")
    heads = page.see("table.runs thead")
    page.wait_until(lambda: "train/loss" in heads.inner_text() and "seed" in heads.inner_text())
    assert "depth" not in heads.inner_text()
    names = page.find("table.runs tbody .run-open")
    assert names.all_inner_texts() == ["slow", "fast", "fast-again"]
    page.raw.get_by_role("button", name="Duration").click()
    page.raw.get_by_role("button", name="Duration").click()
    page.wait_until(lambda: names.all_inner_texts() == ["fast-again", "fast", "slow"])
    page.raw.get_by_role("button", name="Max", exact=True).click()
    page.raw.get_by_role("button", name="Last", exact=True).click()
    page.see("th:has-text('max')")
    page.gone("th:has-text('last')")
    page.raw.get_by_role("button", name="Min", exact=True).click()
    page.wait_until(lambda: "min\ntrain/loss" in heads.inner_text() and "max\ntrain/loss" in heads.inner_text())


def test_nan_comes_last_and_infinity_is_a_number(desk: Desk, viewer: Viewer) -> None:
    values = {"low": -math.inf, "one": 1.0, "ten": 10.0, "high": math.inf, "none": math.nan}
    for name, value in values.items():
        with Logger(viewer.root / name) as logger:
            logger.add_scalar("loss", value)
    page = desk.open("tab=runs&sort=s.last.loss:up")
    names = page.find("table.runs tbody .run-open")
    page.wait_until(lambda: names.all_inner_texts() == ["low", "one", "ten", "high", "none"])
    page.see("th .sort:has-text('loss')").click()
    page.wait_until(lambda: names.all_inner_texts() == ["high", "ten", "one", "low", "none"])


def test_columns_are_chosen(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_scalars({f"tag{i:02}": i for i in range(45)})
    page = desk.open("tab=runs")
    page.see("text=20 of 45 scalars have a column")
    heads = page.see("table.runs thead")
    assert "tag19" in heads.inner_text()
    assert "tag20" not in heads.inner_text()
    page.raw.get_by_role("button", name="Columns").click()
    page.see("dialog [aria-label='Filter columns']").fill("tag4")
    page.wait_until(lambda: page.find(".column-list .check").count() == 5)
    page.see("dialog >> text=Select none").click()
    page.see(".column-list >> text=tag44").click()
    page.raw.keyboard.press("Escape")
    page.see("text=21 of 45 scalars have a column")
    page.see("td.numeric:text-is('44')")
    page.wait("() => location.hash.includes('cols=')")
    page.raw.reload()
    page.see("th:has-text('tag44')")
    page.raw.get_by_role("button", name="Columns").click()
    page.see("dialog >> text=Select all").click()
    page.raw.keyboard.press("Escape")
    page.see("td.numeric:text-is('33')")
    page.gone("text=scalars have a column")


def test_columns_are_limited_with_a_word(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_scalars({f"tag{i:03}": i for i in range(105)})
    page = desk.open("tab=runs")
    page.see("text=20 of 105 scalars have a column")
    page.raw.get_by_role("button", name="Columns").click()
    page.see("dialog >> text=Select all").click()
    page.see("text=Only 100 scalars can have a column.")
    assert not page.see(".column-list .check:has-text('tag104') input").is_checked()
    page.raw.keyboard.press("Escape")
    page.see("text=100 of 105 scalars have a column")
    page.see("td.numeric:text-is('99')")


def test_configs_are_compared_by_what_differs(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=runs&runsview=compare")
    keys = page.find("table.compare tbody th")
    page.wait_until(lambda: set(keys.all_inner_texts()) >= {"lr", "seed"})
    assert "depth" not in keys.all_inner_texts()
    page.see("text=Show all keys").click()
    page.wait_until(lambda: "depth" in keys.all_inner_texts())


def test_what_differs_in_the_last_digit_is_told(desk: Desk, viewer: Viewer) -> None:
    configs = [
        {"name": "a", "seed": 1234567890, "big": 2**60, "kind": 1, "same": 3, "lr": 0.1},
        {"name": "b", "seed": 1234567891, "big": 2**60 + 1, "kind": 1.0, "same": 3, "lr": 0.1},
    ]
    with record(viewer.root, configs) as batch:
        for position in range(2):
            batch.set(position, Status.PASSED)
    page = desk.open("tab=runs&runsview=compare")
    page.see("text=3 of 5 keys differ over 2 runs")
    cells = page.find("table.compare tbody tr:has-text('seed') td").all_inner_texts()
    assert cells == ["1234567890", "1234567891"]
    assert page.find("table.compare tbody tr:has-text('big') td").all_inner_texts() == [str(2**60), str(2**60 + 1)]
    assert page.find("table.compare tbody tr:has-text('kind') td").all_inner_texts() == ["1", "1.0"]
    page.see(".run-row:has-text('b') .run-box").click()
    page.see("text=0 of 5 keys differ over 1 run")


def test_times_of_logs_are_no_reason_to_ask_for_statistics_again(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "lone") as logger:
        logger.add_scalar("loss", 1.0)
    page = desk.open()
    page.chart("loss")
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        found = route.fetch().json()
        route.fulfill(json=found | {"spans": {run: [STARTED, STARTED + len(asked)] for run in found["spans"]}})

    page.raw.route("**/api/stats*", answer)
    page.tab("runs")
    page.see("td.numeric:text-is('1')")
    with record(viewer.root, [{"name": "other", "lr": 0.5}]) as batch:
        batch.set(0, Status.PASSED)
        page.wait_until(lambda: "%2C" in asked[-1])
    assert len([url for url in asked if "%2C" not in url]) == 1
