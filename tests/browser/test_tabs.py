"""The other tabs with real logs in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from browser.records import log_curves, record
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def slide(page: Page, card: str, index: int) -> None:
    """Move the slider of a card."""
    slider = page.see(f'.card[data-tag="{card}"] [aria-label=Iteration]')
    slider.fill(str(index))


def surface() -> Any:
    """A matplotlib surface."""
    matplotlib = pytest.importorskip("matplotlib")
    numpy = pytest.importorskip("numpy")
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot(projection="3d")
    x, y = numpy.meshgrid(numpy.linspace(-1, 1, 12), numpy.linspace(-1, 1, 12))
    axes.plot_surface(x, y, x * y)
    return figure


def test_texts_by_iteration(desk: Desk, viewer: Viewer) -> None:
    for name in ("one", "two"):
        with Logger(viewer.root / name) as logger:
            for step in (0, 10, 20):
                logger.set_global_it(step)
                logger.add_text("sample", f"{name} wrote at {step}")
                logger.add_text("other", f"other {name} at {step}")
    page = desk.open("tab=text")
    page.see("text=one wrote at 20")
    page.see("text=two wrote at 20")
    slide(page, "sample", 1)
    page.see("text=two wrote at 10")
    page.see("text=other one at 10")
    page.see("text=Link sliders").click()
    slide(page, "sample", 0)
    page.see("text=one wrote at 0")
    page.see("text=other one at 10")


def test_a_new_text_arrives(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_text("sample", "the first")
        logger.flush()
        page = desk.open("tab=text")
        page.see("text=the first")
        logger.set_global_it(1)
        logger.add_text("sample", "the second")
        page.see("text=the second")


def test_a_figure_is_a_picture_and_becomes_live(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("surface", surface())
        logger.add_figure("static", surface(), interactive=False)
    page = desk.open("tab=figures")
    assert (
        page.see("[data-tag=surface] img.picture").evaluate("image => image.decode().then(() => image.naturalWidth)")
        > 0
    )
    page.see("[data-tag=static] img.picture")
    assert page.find("[data-tag=static] .make-live").count() == 0
    page.see("[data-tag=surface] .make-live").click()
    page.see("[data-tag=surface] .live-figure[data-frames]")
    canvas = page.see("[data-tag=surface] canvas")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    box = canvas.bounding_box()
    page.raw.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    page.raw.mouse.down()
    page.raw.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6, steps=6)
    page.raw.mouse.up()
    page.wait("before => document.querySelector('[data-tag=surface] canvas').toDataURL() !== before", before)
    page.see("[data-tag=surface] [aria-label='Show the picture again']").click()
    page.see("[data-tag=surface] img.picture")


def test_plotly_figures_are_live_at_once(desk: Desk, viewer: Viewer) -> None:
    plotly = pytest.importorskip("plotly.graph_objects")
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("bars", plotly.Figure(plotly.Bar(x=["a", "b"], y=[1, 2])))
    page = desk.open("tab=figures")
    page.see("[data-tag=bars] .plotly-figure .bars path")


def test_a_plotly_figure_that_needs_more_gets_the_full_bundle(desk: Desk, viewer: Viewer) -> None:
    plotly = pytest.importorskip("plotly.graph_objects")
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("heat", plotly.Figure(plotly.Heatmap(z=[[1, 2], [3, 4]])))
    page = desk.open("tab=figures")
    page.see("[data-tag=heat] .plotly-figure .heatmaplayer image")


def test_images_histograms_and_tables_have_tabs_when_there_are_some(desk: Desk, viewer: Viewer) -> None:
    numpy = pytest.importorskip("numpy")
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 3)
        logger.flush()
        page = desk.open()
        page.chart("lr")
        assert page.find("#tab-images, #tab-histograms, #tab-tables").count() == 0
        logger.add_image("digits", numpy.zeros((8, 8, 3), dtype="uint8"))
        logger.add_histogram("weights", numpy.linspace(-1, 1, 100))
        logger.add_table("errors", [{"class": "cat", "count": 3}, {"class": "dog", "count": 5}])
        logger.flush()
        page.see("#tab-images").click()
        page.see("[data-tag=digits] img.picture")
        page.tab("histograms")
        page.wait(
            "() => { const c = document.querySelector('[data-tag=weights] canvas'); return c?.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean); }"
        )
        page.tab("tables")
        assert page.see("[data-tag=errors] tbody tr:nth-child(2)").inner_text().split() == ["dog", "5"]


def test_a_runs_details_tell_its_error_and_config(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "broken", "optimizer": {"lr": 0.5}}]) as batch:
        batch.set(0, Status.FAILED, error="ValueError: loss is nan\n\nTraceback: deep down")
        batch.paths[0].log.write_text("some output\n")
    page = desk.open("tab=runs")
    page.see("text=broken >> visible=true")
    page.see(".run-open").click()
    sheet = page.see(".run-sheet .error-text")
    assert "deep down" in sheet.inner_text()
    assert "optimizer.lr" in page.see(".run-sheet .config").inner_text()
    page.see("text=Show its log").click()
    page.see("text=some output")


def test_a_runs_details_tell_what_of_its_log_was_damaged(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "whole"}, {"name": "hurt"}]) as batch:
        for position in range(2):
            with batch.logger(position) as logger:
                log_curves(logger, 3000)
        log = batch.paths[1].root / "events.pb"
        content = bytearray(log.read_bytes())
        content[len(content) // 2] ^= 0xFF
        log.write_bytes(content)
    page = desk.open("tab=runs")
    page.see(".run-open:has-text('hurt')").click()
    note = page.see(".run-sheet .odd-note").inner_text()
    assert note == "1 damaged part of its log skipped"
    page.raw.keyboard.press("Escape")
    page.see(".run-open:has-text('whole')").click()
    page.see(".run-sheet .config")
    page.gone(".run-sheet .odd-note")


def test_log_follows_the_output(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "talker", "x": 1}]) as batch:
        batch.set(0, Status.RUNNING)
        with open(batch.paths[0].log, "w", encoding="utf-8") as output:
            output.write("".join(f"line {i}\n" for i in range(500)))
            output.flush()
            page = desk.open("tab=log")
            page.wait("() => document.querySelector('.log-text')?.textContent.endsWith('line 499\\n')")
            output.write("\x1b[31mred\x1b[0m 10%\r100%\n")
            output.flush()
            page.wait(
                "() => document.querySelector('.log-text').textContent.endsWith('100%10%\\n') || document.querySelector('.log-text').textContent.endsWith('\\n100%10%\\n') || document.querySelector('.log-text').textContent.includes('100%')"
            )
            page.wait(
                "() => { const box = document.querySelector('.log-scroll'); return box.scrollHeight - box.scrollTop - box.clientHeight < 30; }"
            )
            assert "\x1b" not in page.find(".log-text").inner_text()


def test_a_long_log_shows_its_end_and_earlier_output_on_demand(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "talker", "x": 1}]) as batch:
        batch.paths[0].log.write_text("".join(f"line {i:06}\n" for i in range(20_000)))
        batch.set(0, Status.PASSED)
    page = desk.open("tab=log")
    page.wait("() => document.querySelector('.log-text')?.textContent.endsWith('line 019999\\n')")
    assert "line 000000" not in page.find(".log-text").text_content()
    page.find(".log-scroll").evaluate("box => box.scrollTo(0, 0)")
    page.see(".older").click()
    page.wait("() => document.querySelector('.log-text').textContent.startsWith('line 000000')")
