"""Hostile logs in a real browser (S6), and nothing asked from outside (S12, also checked at each test's end)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.records import record, standard
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>window.hit=1</script>",
    "<ScRiPt>window.hit=1</sCrIpT>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<img src=http://outside.invalid/x.png>",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><a xlink:href='javascript:window.hit=1'><text>x</text></a></svg>",
    "<iframe src=javascript:window.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<object data=javascript:window.hit=1>",
    "<embed src=javascript:window.hit=1>",
    "<body onload=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<video><source onerror=window.hit=1></video>",
    "<audio src=x onerror=window.hit=1>",
    "<math><mtext></mtext><script>window.hit=1</script></math>",
    "<style>@import 'http://outside.invalid/x.css';</style>",
    "<link rel=stylesheet href=http://outside.invalid/x.css>",
    "<base href=http://outside.invalid/>",
    "<meta http-equiv=refresh content='0;url=http://outside.invalid/'>",
    "<form action=http://outside.invalid/><button>x</button></form>",
    "<a href='http://outside.invalid/'>click</a>",
    "<a href='javascript:window.hit=1'>click</a>",
    "<a href='data:text/html,<script>window.hit=1</script>' target=_blank>click</a>",
    "&lt;a href='http://outside.invalid/'&gt;click&lt;/a&gt;",
    "&#60;img src=x onerror=window.hit=1&#62;",
    "'\"`><script>window.hit=1</script>${window.hit=1}{{window.hit=1}}",
    "javascript:window.hit=1//\u202e\u2028<b onmouseover=window.hit=1>x</b>",
]

LIVE_MARKUP = """
() => [...document.querySelectorAll('a, iframe, object, embed, form, base, meta[http-equiv], img, script, link')].filter(e => {
  const target = e.getAttribute('href') ?? e.getAttribute('xlink:href') ?? e.getAttribute('src') ?? e.getAttribute('data') ?? '';
  return !(target === '' || target.startsWith('#content') || target.startsWith('blob:') || target.startsWith('static/'));
}).map(e => e.outerHTML)
"""


def hostile(root: object) -> None:
    """A batch in which everything that can be named is an attack."""
    plotly = pytest.importorskip("plotly.graph_objects")
    configs = [{"name": text, "key": text, f"k{i}": 1} for i, text in enumerate(PAYLOADS)]
    with record(root, configs) as batch:
        for i, text in enumerate(PAYLOADS):
            batch.paths[i].log.write_text(f"{text}\n")
            with batch.logger(i) as logger:
                for step in range(3):
                    logger.set_global_it(step)
                    logger.add_scalar(text, step)
                    logger.add_scalar("shared", step)
                logger.add_text(text, text)
                title = {"title": {"text": text}, "annotations": [{"text": text, "x": 1, "y": 1}]}
                bars = plotly.Bar(x=[text], y=[1], name=text, hovertext=text)
                logger.add_figure(f"figure{i}", plotly.Figure([bars], title))
            batch.set(i, Status.FAILED, error=f"{text}\n{text}")


def harmless(page: Page) -> None:
    assert page.raw.evaluate("window.hit") is None
    assert page.raw.evaluate(LIVE_MARKUP) == []


def test_hostile_names_and_texts_are_only_text(desk: Desk, viewer: Viewer) -> None:
    hostile(viewer.root)
    page = desk.open("base=all&tags=shared")
    page.on("dialog", lambda dialog: desk.complaints.append(f"dialog: {dialog.message}"))
    page.wait_lines("shared", "lines.length === 30")
    page.chart("shared").hover()
    page.see(".bubble.is-on")
    harmless(page)
    page.save("shared", "SVG")
    harmless(page)
    page.find(".tags-filter").fill("")
    page.wait("() => document.querySelectorAll('.card[data-drawn]').length > 3")
    harmless(page)
    page.group_by("key")
    page.see(".chip")
    harmless(page)
    for tab, sign in [
        ("text", ".logged-text:not(:empty)"),
        ("figures", ".plotly-figure .bars path"),
        ("log", ".log-text:not(:empty)"),
    ]:
        page.tab(tab)
        page.see(sign)
        harmless(page)
    page.tab("runs")
    page.see(".run-open").click()
    page.see(".run-sheet .error-text")
    harmless(page)
    page.raw.keyboard.press("Escape")
    page.raw.get_by_role("radio", name="Compare configs").click()
    page.see("table.compare")
    harmless(page)


def test_plotly_texts_lose_links_and_styles_but_no_words(desk: Desk, viewer: Viewer) -> None:
    plotly = pytest.importorskip("plotly.graph_objects")
    with record(viewer.root, [{"name": "run", "x": 1}]) as batch, batch.logger(0) as logger:
        title = "<b>bold</b> <a href='http://outside.invalid/'>link</a> 1 < 2 & 3"
        image = {"source": "http://outside.invalid/x.png", "x": 0, "y": 1, "sizex": 1, "sizey": 1}
        layout = {"title": {"text": title}, "images": [image]}
        logger.add_figure("figure", plotly.Figure([plotly.Bar(x=[1], y=[1])], layout))
    page = desk.open("tab=figures")
    drawn = page.see(".plotly-figure .gtitle")
    assert drawn.text_content() == "bold link 1 < 2 & 3"
    harmless(page)


def test_nothing_is_asked_from_outside(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=30)
    page = desk.open()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.raw.reload()
    page.chart("train/loss")
    for tab in ("text", "figures", "runs", "log", "scalars"):
        page.tab(tab)
        page.see(f"#tab-{tab}[aria-selected=true]")
    assert asked
    assert {url.partition("://")[2].partition("/")[0] for url in asked if url.startswith("http")} == {viewer.base[7:]}
