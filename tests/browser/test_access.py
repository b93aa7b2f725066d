"""The token and the way back to the server: restarts, other tokens, addresses opened in the same tab (R27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.desk import Desk
from browser.records import log_curves, record, standard
from browser.serving import TOKEN, Program, Viewer
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from browser.desk import Page

pytestmark = pytest.mark.browser

LOSS = "train/loss"
WRONG = "text=This viewer does not accept that token."


def printed(viewer: Viewer) -> str:
    return f"{viewer.base}/#token={viewer.token}"


@pytest.fixture
def program(tmp_path: Path, chromium: Any) -> Iterator[Desk]:
    """A desk whose viewer is the real program."""
    (tmp_path / "out").mkdir()
    desk = Desk(chromium, Program(tmp_path / "out"))
    yield desk
    desk.viewer.stop()
    desk.close()


def test_the_token_leaves_the_address_and_outlives_a_reload(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=runs")
    page.see("table.runs tbody tr")
    assert TOKEN not in page.raw.url
    assert "tab=runs" in page.raw.url
    page.raw.reload()
    page.see("table.runs tbody tr")


def test_a_reload_before_the_token_was_answered_keeps_it(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open(token=None)
    page.see("text=requires a token")
    asked: list[Any] = []

    def hold_the_first(route: Any) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.raw.route("**/api/hello*", hold_the_first)
    page.raw.goto(printed(viewer))
    page.wait_until(lambda: bool(asked))
    assert TOKEN not in page.raw.url
    page.raw.reload()
    page.chart(LOSS)


def test_without_a_token_the_page_asks_for_it(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open(token=None)
    page.see("text=requires a token")
    assert page.find(WRONG).count() == 0
    page.find("[aria-label=Token]").fill("not this one")
    page.raw.get_by_role("button", name="Open").click()
    page.see(WRONG)
    for key in ("b", "/", "x", "?"):
        page.find("body").press(key)
    page.find("[aria-label=Token]").fill(f"http://127.0.0.1/#token={TOKEN}")
    page.raw.get_by_role("button", name="Open").click()
    page.chart(LOSS)


def test_an_address_with_another_token_is_answered(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    desk.open(token="of-another-viewer").see(WRONG)


def test_the_printed_address_in_the_tab_that_asks_goes_on(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=runs", token=None)
    page.see("text=requires a token")
    page.raw.goto(printed(viewer))
    page.see("table.runs tbody tr")
    assert TOKEN not in page.raw.url
    assert "tab=runs" in page.raw.url
    page.raw.goto(printed(viewer))
    page.wait("() => !location.hash.includes('token')")
    assert "tab=runs" in page.raw.url
    page.raw.goto(f"{printed(viewer)}&tab=text")
    page.see("#tab-text[aria-selected=true]")
    page.wait("() => location.hash === '#tab=text'")


def test_a_refusal_that_comes_after_the_connection_is_none(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open()
    page.chart(LOSS)
    asked: list[Any] = []
    page.raw.route("**/api/hello*", lambda route: asked.append(route))
    viewer.stop()
    page.see(".connection[data-kind=lost]")
    page.wait_until(lambda: bool(asked))
    viewer.start()
    page.find(".connection").click()
    page.see(".connection[data-kind=open]")
    with page.raw.expect_event("requestfinished"):
        asked[0].fulfill(status=401, json={"error": "This viewer requires a token."})
    page.raw.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.find(".connection").get_attribute("data-kind") == "open"
    assert page.find(".token-sheet").count() == 0


def restarted(desk: Desk, page: Page) -> None:
    page.raw.evaluate("window.isTheSamePage = true")
    desk.viewer.stop()
    page.see(".connection[data-kind=lost]")
    desk.viewer.start()


@pytest.mark.parametrize("kind", ["function", "program"])
def test_r27_the_page_reconnects_after_the_server_restarts(request: pytest.FixtureRequest, kind: str) -> None:
    desk = request.getfixturevalue({"function": "desk", "program": "program"}[kind])
    with record(desk.viewer.root, [{"name": "run", "lr": 1}]) as batch, batch.logger(0) as logger:
        batch.set(0, Status.RUNNING)
        log_curves(logger, 10)
        logger.flush()
        page = desk.open()
        page.wait_lines(LOSS, "lines[0]?.x.at(-1) === 9")
        page.raw.evaluate("window.isTheSamePage = true")
        desk.viewer.stop()
        page.see(".connection[data-kind=lost]")
        log_curves(logger, 30, start=10)
        logger.flush()
        desk.viewer.start()
        page.see(".connection[data-kind=open]")
        page.wait_lines(LOSS, "lines[0].x.length === 40 && lines[0].x.at(-1) === 39")
        log_curves(logger, 5, start=40)
        page.wait_lines(LOSS, "lines[0].x.length === 45")
        assert page.raw.evaluate("window.isTheSamePage")


def test_a_viewer_with_another_token_is_asked_for_over_the_workspace(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("q=fast")
    page.chart(LOSS)
    viewer.token = "of-the-next-start"
    restarted(desk, page)
    page.see("dialog >> text=requires a token")
    page.find("body").press("b")
    page.chart(LOSS)
    page.see(".runs-panel")
    page.find("[aria-label=Token]").fill("not this one")
    page.raw.keyboard.press("Enter")
    page.see(WRONG)
    page.find("[aria-label=Token]").fill(viewer.token)
    page.raw.keyboard.press("Enter")
    page.gone("dialog")
    page.see(".connection[data-kind=open]")
    assert page.raw.evaluate("window.isTheSamePage")
    assert "q=fast" in page.raw.url


def test_a_page_that_was_refused_comes_back_by_itself_with_its_viewer(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=runs")
    page.see("table.runs tbody tr")
    viewer.token = "of-another-viewer"
    restarted(desk, page)
    page.see("dialog >> text=requires a token")
    page.raw.goto(f"{viewer.base}/#token=neither")
    page.see(WRONG)
    viewer.stop()
    viewer.token = TOKEN
    viewer.start()
    page.gone("dialog")
    page.see(".connection[data-kind=open]")
    assert page.raw.evaluate("window.isTheSamePage")
