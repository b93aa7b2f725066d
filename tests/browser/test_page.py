"""The page as a whole: token, themes, narrow screens, keyboard, empty and broken states, reconnecting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from browser.desk import Desk
from browser.records import log_curves, standard
from browser.serving import Program
from pyexp.log import Logger

if TYPE_CHECKING:
    from pathlib import Path

    from browser.serving import Viewer

pytestmark = pytest.mark.browser

LOSS = "train/loss"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_system_theme_and_the_switch(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=30)
    light = desk.open(color_scheme="light")
    light.chart(LOSS)
    dark = desk.open(color_scheme="dark")
    dark.chart(LOSS)
    assert light.raw.evaluate(BACKGROUND) != dark.raw.evaluate(BACKGROUND)
    light.raw.get_by_role("button", name="Dark theme").click()
    assert light.raw.evaluate(BACKGROUND) == dark.raw.evaluate(BACKGROUND)
    muted = dark.raw.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--muted').trim()")
    light.wait_lines(LOSS, f"layout.xaxis.tickfont.color === '{muted}'")
    light.raw.reload()
    light.chart(LOSS)
    assert light.raw.evaluate(BACKGROUND) == dark.raw.evaluate(BACKGROUND)


@pytest.mark.parametrize("tab", ["scalars", "text", "figures", "runs", "log"])
def test_390_px_wide(desk: Desk, viewer: Viewer, tab: str) -> None:
    standard(viewer.root, count=30)
    page = desk.open(f"tab={tab}", width=390, height=844)
    page.see(f"#tab-{tab}[aria-selected=true]")
    page.see(".toolbar:not([hidden]), .state")
    assert page.raw.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.find(".runs-panel").is_visible()
    page.raw.get_by_role("button", name="Runs panel").click()
    page.see(".run-row")
    box = page.see(".runs-panel").bounding_box()
    assert box["width"] < 390
    page.raw.keyboard.press("Escape")
    page.gone(".runs-panel")


def test_keyboard_alone(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=30)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    keys = page.raw.keyboard
    keys.press("3")
    page.see("#tab-figures[aria-selected=true]")
    keys.press("1")
    page.wait_lines(LOSS, "lines.length === 3")
    keys.press("/")
    keys.type("fast")
    page.wait_lines(LOSS, "lines.length === 2")
    keys.press("Escape")
    page.wait_lines(LOSS, "lines.length === 3")
    keys.press("x")
    page.wait_lines(LOSS, "layout.xaxis.ticksuffix !== ''")
    keys.press("?")
    page.see("dialog[open]")
    keys.press("Escape")
    page.gone("dialog")
    page.find(".tree [role=treeitem][tabindex='0']").focus()
    keys.press("ArrowDown")
    keys.press("Space")
    page.wait_lines(LOSS, "lines.length === 2")
    keys.press("o")
    page.wait_lines(LOSS, "lines.length === 1 && lines[0].name === 'slow'")
    page.find("#tab-scalars").focus()
    keys.press("ArrowRight")
    page.see("#tab-text[aria-selected=true]:focus")
    outline = page.raw.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_everything_that_can_be_pressed_has_a_name(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=30)
    page = desk.open()
    page.chart(LOSS)
    nameless = page.raw.evaluate(
        "[...document.querySelectorAll('button, input, select, [role=img]')].filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"
    )
    assert nameless == []


def test_an_empty_folder_waits_for_the_first_run(desk: Desk, viewer: Viewer) -> None:
    page = desk.open()
    page.see("text=Waiting for the first run")
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 3)
    page.chart(LOSS)


def test_a_folder_that_does_not_exist_is_waited_for(desk: Desk, viewer: Viewer) -> None:
    viewer.root.rmdir()
    page = desk.open()
    page.see("text=does not exist yet: its runs appear here when it does.")
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 3)
    page.chart(LOSS)
    page.gone("text=does not exist yet")


def test_several_folders_at_once(chromium: Any, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        with Logger(tmp_path / folder / "run") as logger:
            log_curves(logger, 3)
    desk = Desk(chromium, Program(tmp_path / "a", f"other={tmp_path / 'b'}"))
    try:
        page = desk.open()
        page.wait_lines(LOSS, "lines.length === 2")
        page.see(".tree >> text=a")
        page.see(".tree >> text=other")
        page.wait("() => document.title.includes('a + other')")
    finally:
        desk.close()
        desk.viewer.stop()


@pytest.mark.parametrize(
    ("tab", "words"), [("text", "No texts yet"), ("figures", "No figures yet"), ("log", "No output yet")]
)
def test_a_tab_without_content_says_what_would_fill_it(desk: Desk, viewer: Viewer, tab: str, words: str) -> None:
    standard(viewer.root, count=3)
    page = desk.open(f"tab={tab}")
    page.see(f"text={words}")


def test_an_error_of_the_server_is_told_with_a_way_on(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open()
    page.chart(LOSS)
    trouble = {"error": "The disk is on fire.", "status": 500}
    page.raw.route("**/api/tags*", lambda route: route.fulfill(status=500, json=trouble))
    page.raw.reload()
    page.see("text=The disk is on fire.")
    page.raw.unroute("**/api/tags*")
    page.raw.get_by_role("button", name="Try again").click()
    page.chart(LOSS)


@pytest.mark.parametrize("width", [390, 320])
def test_the_current_tab_is_on_the_screen(desk: Desk, viewer: Viewer, width: int) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=log", width=width, height=800)
    inside = "tab => { const box = document.querySelector(tab)?.getBoundingClientRect(); return box?.left >= 0 && box.right <= innerWidth; }"
    page.wait(inside, "#tab-log[aria-selected=true]")
    page.raw.evaluate("document.getElementById('tab-scalars').click()")
    page.wait(inside, "#tab-scalars[aria-selected=true]")


def test_a_tab_keeps_its_focus(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 3)
        logger.flush()
        page = desk.open()
        page.chart(LOSS)
        focused = "() => document.activeElement.id"
        page.tab("text")
        assert page.raw.evaluate(focused) == "tab-text"
        logger.add_histogram("weights", [1.0, 2.0, 3.0])
        logger.flush()
        page.see("#tab-histograms")
        assert page.raw.evaluate(focused) == "tab-text"


def test_the_axis_stays_while_runs_are_grouped(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=30)
    page = desk.open("group=lr")
    page.chart(LOSS)
    page.raw.keyboard.press("x")
    page.group_by("none")
    page.wait_lines(LOSS, "lines.length === 3 && layout.xaxis.ticksuffix === ''")
    assert "x=" not in page.raw.evaluate("location.hash")
