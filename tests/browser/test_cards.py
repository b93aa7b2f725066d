"""Cards in a real browser: they fold, each by itself, and what is folded costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.records import log_curves, record, standard
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def test_a_chart_folds_by_the_keyboard_and_is_no_longer_asked_for(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 10)
        logger.flush()
        page = desk.open()
        page.chart("lr")
        fold = page.see("[data-tag=lr] .card-fold[aria-expanded=true]")
        fold.focus()
        page.raw.keyboard.press("Enter")
        page.see("[data-tag=lr] .card-fold[aria-expanded=false]:focus")
        page.gone("[data-tag=lr] .plot")
        assert page.see(".card[data-tag=lr]").bounding_box()["height"] < 60
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        drawn = page.find(".card[data-tag=lr]").get_attribute("data-drawn")
        log_curves(logger, 5, start=10)
        page.wait_lines("train/loss", "lines[0].x.at(-1) === 14")
        assert not any("/api/series" in url for url in asked)
        assert page.find(".card[data-tag=lr]").get_attribute("data-drawn") == drawn
        page.raw.keyboard.press("Enter")
        page.wait_lines("lr", "lines[0]?.x.at(-1) === 14")


def test_nothing_moves_while_runs_run_and_charts_lie_off_the_screen(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "run"}]) as batch:
        batch.set(0, Status.RUNNING)
        with batch.logger(0) as logger:
            logger.add_scalars({f"tag{number:02}": number for number in range(48)})
        page = desk.open()
        page.see(".status[data-status=running]")
        page.chart("tag00")
        page.find(".content").evaluate("content => content.scrollTo(0, content.scrollHeight)")
        page.chart("tag47")
        page.wait("() => !document.querySelector('[data-tag=tag00] .main-svg')")  # it is hidden
        page.wait("() => !document.querySelector('.is-loading') && document.getAnimations().length === 0")


def test_a_link_restores_what_is_folded(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=5)
    page = desk.open()
    page.chart("lr")
    page.see("[data-tag='train/loss'] .card-fold").click()
    page.gone("[data-tag='train/loss'] .plot")
    page.wait("() => location.hash.includes('folded=')")
    other = desk.open(page.raw.evaluate("location.hash.slice(1)"))
    other.chart("train/accuracy")
    other.see("[data-tag='train/loss'] .card-fold[aria-expanded=false]")
    assert other.find("[data-tag='train/loss'] .main-svg").count() == 0


@pytest.mark.parametrize(("tab", "route"), [("text", "/api/text"), ("figures", "/api/picture")])
def test_texts_and_figures_fold_too(desk: Desk, viewer: Viewer, tab: str, route: str) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_text("sample", "what was written")
        figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 2))
        figure.add_subplot().plot([1, 2])
        logger.add_figure("sample", figure)
    page = desk.open(f"tab={tab}")
    page.see(".tile-name")
    page.see("[data-tag=sample] .card-fold").click()
    page.gone(".tile-name")
    page.wait("() => location.hash.includes('folded=')")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.raw.reload()
    page.see("[data-tag=sample] .card-fold[aria-expanded=false]")
    page.see(".connection[data-kind=open]")
    page.raw.wait_for_load_state("networkidle")
    assert not any(route in url or "/api/entries" in url for url in asked)
    page.see("[data-tag=sample] .card-fold").click()
    page.see(".tile-name")


def test_a_switch_looks_as_it_is_set(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=5)
    page = desk.open()
    page.chart("lr")
    page.see("[data-tag=lr] [aria-pressed=false]:has-text('log')").click()
    page.see("[data-tag=lr] [aria-pressed=true]:has-text('log')").click()
    page.see("[data-tag=lr] [aria-pressed=false]:has-text('log')")


def test_the_menu_of_files_by_the_keyboard(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=5)
    page = desk.open()
    page.chart("lr")
    button = page.see("[data-tag=lr] [aria-label='Save this chart'][aria-haspopup]")
    keys = page.raw.keyboard
    button.focus()
    keys.press("Enter")
    page.see("[data-tag=lr] .menu-item:has-text('PNG'):focus")
    keys.press("ArrowDown")
    page.see("[data-tag=lr] .menu-item:has-text('SVG'):focus")
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    page.see("[data-tag=lr] .menu-item:has-text('CSV'):focus")
    keys.press("Escape")
    page.see("[data-tag=lr] [aria-label='Save this chart'][aria-expanded=false]:focus")
    keys.press("ArrowDown")
    page.see("[data-tag=lr] .menu")
    keys.press("Tab")
    page.gone("[data-tag=lr] .menu")
