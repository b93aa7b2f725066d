"""Logged plotly figures: within the content policy, and within the few WebGL contexts that a browser has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from browser.records import standard
from pyexp.log import Logger

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

CONTEXTS = """
() => [...document.querySelectorAll('.plotly-plot canvas:not(.gl-canvas-pick)')].filter(
  canvas => !(canvas.getContext('webgl') ?? canvas.getContext('webgl2')).isContextLost()).length
"""
IS_DRAWN = "run => !!document.querySelector(`.tile[data-run='${run}'] .gl-container canvas`)"
LOSE = """
tile => (canvas => (canvas.getContext('webgl') ?? canvas.getContext('webgl2')).getExtension('WEBGL_lose_context').loseContext())(
  tile.querySelector('canvas'))
"""


def surface(height: float) -> Any:
    graphs = pytest.importorskip("plotly.graph_objects")
    return graphs.Figure(graphs.Surface(z=[[0, height], [height, 0]]))


def wait_contexts(page: Page, claim: str) -> None:
    page.wait(f"() => {{ const held = ({CONTEXTS})(); return {claim}; }}")


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """A desk where any error in the console is a complaint."""
    desk.is_strict = True
    return desk


def test_colour_bars_sizes_and_subscripts_agree_with_the_policy(quiet: Desk, viewer: Viewer) -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    with Logger(viewer.root / "run") as logger:
        marker = {"color": [1, 2, 3], "colorbar": {"title": {"text": "loss"}}}
        layout = {"title": {"text": "R<sup>2</sup> <b>bold</b>"}}
        logger.add_figure("points", graphs.Figure(graphs.Scatter(y=[1, 2, 3], mode="markers", marker=marker), layout))
        logger.add_figure("heat", graphs.Figure(graphs.Heatmap(z=[[1, 2], [3, 4]], zsmooth="fast")))
        logger.add_figure("solid", surface(1))
    page = quiet.open("tab=figures")
    page.see("[data-tag=points] .cbfill")
    page.see("[data-tag=heat] .heatmaplayer image")
    title = page.see("[data-tag=points] .gtitle")
    assert title.text_content().replace("\u200b", "") == "R2 bold"
    bar = page.find("[data-tag=points] .modebar-btn").evaluate_all("all => all.map(button => button.dataset.title)")
    assert "Reset axes" in bar
    assert not [name for name in bar if "hare" in name or "loud" in name]
    weights = title.evaluate("title => [...title.querySelectorAll('tspan')].map(part => part.style.fontWeight)")
    assert "bold" in weights
    page.see("[data-tag=solid] .gl-container canvas")
    page.see("[data-tag=solid] .cbfill")


def test_twenty_solid_figures_share_the_few_contexts(quiet: Desk, viewer: Viewer) -> None:
    for i in range(20):
        with Logger(viewer.root / f"run{i:02}") as logger:
            logger.add_figure("solid", surface(i + 1))
    page = quiet.open("tab=figures", height=500)
    tiles = page.find(".tile")
    page.wait_until(lambda: tiles.count() == 20)
    runs = [tile.get_attribute("data-run") for tile in tiles.all()]
    for position in (0, 5, 10, 15, 19, 0):
        tiles.nth(position).evaluate("tile => tile.scrollIntoView({ block: 'center' })")
        page.wait(IS_DRAWN, runs[position])
        wait_contexts(page, "held <= 8")
    assert page.find(".plotly-figure .is-error").count() == 0


def test_a_figure_whose_context_is_lost_is_drawn_again(quiet: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("solid", surface(1))
    page = quiet.open("tab=figures")
    page.see(".gl-container canvas")
    wait_contexts(page, "held === 1")
    canvas = page.find(".gl-container canvas").element_handle()
    page.see(".tile").evaluate(LOSE)
    page.wait("before => !before.isConnected", canvas)
    page.see(".gl-container canvas")
    wait_contexts(page, "held === 1")


def test_more_in_view_than_the_browser_has_are_drawn_when_asked_for(quiet: Desk, viewer: Viewer) -> None:
    for i in range(10):
        with Logger(viewer.root / f"run{i:02}") as logger:
            logger.add_figure("solid", surface(i + 1))
    page = quiet.open("tab=figures", width=2400, height=1300)
    page.wait_until(lambda: page.find(".plotly-over:not(:empty)").count() == 2)
    wait_contexts(page, "held === 8")
    page.see(".tile:last-child .plotly-over:not(:empty)")
    tile = page.find(".tile").filter(has_text="Draw this one").first
    run = tile.get_attribute("data-run")
    tile.get_by_role("button", name="Draw this one").click()
    page.wait(IS_DRAWN, run)
    wait_contexts(page, "held === 8")
    assert page.find(".plotly-over:not(:empty)").count() == 2


def test_figures_are_drawn_after_all_that_waited_have_gone(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=3)
    page = desk.open("tab=runs")
    page.see("table.runs tbody tr")
    drawn = page.raw.evaluate(
        """async () => {
          const { inTurn, release } = await import("/static/js/figures/webgl_contexts.js");
          const figure = { element: document.body };
          const gone = inTurn(figure, async () => {});
          release(figure);
          await gone;
          return new Promise((resolve) => inTurn(figure, async () => resolve(true)));
        }"""
    )
    assert drawn is True
