"""Faults that were seen once: what was lost, hidden or wrong, each with the way to it."""

from __future__ import annotations

import os
import re
import time
from array import array
from typing import TYPE_CHECKING

import pytest

from browser.records import log_curves, record, standard, sweep24
from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def test_escape_empties_a_filter_and_switches_it_off(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=10)
    page = desk.open()
    page.wait_lines("train/loss", "lines.length === 3")
    page.find(".runs-filter").fill("slow")
    page.wait_lines("train/loss", "lines.length === 1")
    page.raw.keyboard.press("Escape")
    page.wait_lines("train/loss", "lines.length === 3")
    page.find(".tags-filter").fill("nothing")
    page.see("text=No tag matches this filter")
    page.raw.keyboard.press("Escape")
    page.chart("train/loss")
    assert page.find(".tags-filter").input_value() == page.find(".runs-filter").input_value() == ""


def test_selected_text_and_the_head_of_the_table_stay_while_a_sweep_runs(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root, is_live=True)
    page = desk.open("tab=runs", height=500)
    page.wait_until(lambda: page.find("table.runs td.numeric:not([title=loading])").count() > 200)
    page.raw.evaluate(
        "() => { const cell = document.querySelector('table.runs tbody tr td.value');"
        "getSelection().selectAllChildren(cell); window.marked = cell; }"
    )
    selected = page.raw.evaluate("String(getSelection())")
    assert selected
    with Logger(viewer.root / "late") as logger:
        log_curves(logger, 3)
        page.see("tr:has-text('late')")
        logger.flush()
        page.raw.wait_for_timeout(3500)  # the statistics are asked for again meanwhile
    assert page.raw.evaluate("window.marked.isConnected && String(getSelection())") == selected
    place = "document.querySelector('table.runs thead th').getBoundingClientRect().top"
    before = page.raw.evaluate(place)
    page.find(".runs-table .table-scroll").evaluate("frame => frame.scrollTo(0, 400)")
    assert page.raw.evaluate(place) == pytest.approx(before, abs=2)


def test_configs_do_not_wait_and_loading_is_not_never_logged(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "a", "lr": 0.5}, {"name": "b", "lr": 0.25}]) as batch:
        with batch.logger(0) as logger:
            logger.add_scalar("loss", 1.5)
        for position in range(2):
            batch.set(position, Status.PASSED)
    page = desk.open()
    page.chart("loss")
    waiting = []
    page.raw.route("**/api/stats*", lambda route: waiting.append(route))
    page.tab("runs")
    page.see("td:has-text('0.25')")
    page.wait_until(lambda: page.find("td[title=loading]").count() == 2)
    page.wait_until(lambda: len(waiting) > 0)
    waiting[0].continue_()
    page.wait_until(lambda: page.find("td.numeric:has-text('1.5')").count() == 1)
    assert page.find("tr:has-text('0.25') td.numeric").last.inner_text() == "—"


def test_news_abort_no_request_for_statistics(desk: Desk, viewer: Viewer) -> None:
    held, aborted = [], []
    with record(viewer.root, [{"name": "a", "lr": 0.5}, {"name": "b", "lr": 0.25}]) as batch:
        batch.set(0, Status.RUNNING)
        with batch.logger(0) as logger:
            logger.add_scalar("loss", 1.5)
            logger.flush()
            page = desk.open()
            page.chart("loss")
            page.raw.route("**/api/stats*", lambda route: held.append(route))
            page.on(
                "requestfailed", lambda request: aborted.append(request.url) if "/api/stats" in request.url else None
            )
            page.tab("runs")
            page.wait_until(lambda: len(held) == 1)
            logger.add_scalar("extra", 2.5, step=1)
            logger.flush()
            page.see("table.runs th:has-text('extra')")
            batch.set(1, Status.PASSED)
            page.see("table.runs tr:has-text('0.25') td:has-text('passed')")
            with Logger(viewer.root / "lone") as other:
                other.add_scalar("loss", 3.5)
            page.see("table.runs tr:has-text('lone')")
            page.find(".runs-filter").fill("a|lone")
            page.gone("table.runs tr:has-text('0.25')")
            assert len(held) == 1
            page.raw.unroute("**/api/stats*")  # the request that is held goes on
            for value in ("1.5", "2.5", "3.5"):
                page.see(f"table.runs td.numeric:has-text('{value}')")
    assert aborted == []


def test_a_file_that_is_not_ours_and_damage_are_said(desk: Desk, viewer: Viewer) -> None:
    for name in ("foreign", "lines"):
        (viewer.root / name).mkdir()
    (viewer.root / "foreign" / "events.pb").write_bytes(os.urandom(5000))
    (viewer.root / "lines" / "scalars.jsonl").write_text('{"epoch": 1}\n' * 20)
    with Logger(viewer.root / "damaged") as logger:
        for step in range(2000):
            logger.set_global_it(step)
            logger.add_scalar("loss", float(step) ** 0.5)
            if step % 500 == 499:
                logger.flush()
    data = bytearray((viewer.root / "damaged" / "events.pb").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (viewer.root / "damaged" / "events.pb").write_bytes(data)
    page = desk.open()
    said = {"foreign": "is not an event log", "lines": "holds no log of ours", "damaged": "of its log skipped"}
    for name, words in said.items():
        page.see(f".run-row:has-text('{name}') .odd[title*='{words}']")
    page.tab("runs")
    for name, words in said.items():
        page.see(f"table.runs tr:has-text('{name}') .odd[title*='{words}']")
        page.see(f".run-open:has-text('{name}')").click()
        page.see(f".run-sheet .odd-note:has-text('{words}')")
        page.raw.keyboard.press("Escape")


def test_a_lone_log_has_a_start_and_a_duration(desk: Desk, viewer: Viewer) -> None:
    (viewer.root / "run").mkdir()
    file = EventFile(viewer.root / "run" / "events.pb")
    steps = array("q", range(3))
    file.prepare([Points("loss", steps, array("d", steps), array("d", [1.7e9, 1.7e9 + 60, 1.7e9 + 90]))], [])()
    file.close()
    old = time.time() - 3600  # else it reads as running
    os.utime(viewer.root / "run" / "events.pb", (old, old))
    page = desk.open("tab=runs", timezone_id="UTC")
    page.see("table.runs td[data-column=duration]:has-text('1 m 30 s')")
    page.see("table.runs td[data-column=started]:has-text('22:13')")
    page.see(".run-row[title*='22:13:20, 1 m 30 s'][title*='1 m 30 s']")
    page.see(".run-open").click()
    page.see(".run-sheet dd:has-text('1 m 30 s')")
    page.see(".run-sheet dd:has-text('22:13')")


def test_histograms_of_a_card_have_one_range(desk: Desk, viewer: Viewer) -> None:
    for name, offset in (("a", 0.0), ("b", 100.0)):
        with Logger(viewer.root / name) as logger:
            logger.add_histogram("weights", [offset, offset + 1, offset + 2])
    page = desk.open("tab=histograms")
    ranges = "[...document.querySelectorAll('canvas.ridges')].map(({ dataset }) => `${dataset.low} ${dataset.high}`)"
    assert page.wait(f"() => {ranges}.length === 2 && {ranges}.every(text => text === '0 102')")


def test_back_closes_a_sheet_and_each_tab_keeps_its_place(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root)
    page = desk.open()
    page.chart("lr")
    page.find(".content").evaluate("content => content.scrollTo(0, 700)")
    page.wait("() => JSON.parse(sessionStorage.getItem('pyexp.scroll') ?? '{}').scalars > 600")
    page.tab("runs")
    page.see(".run-open").click()
    page.see(".run-sheet")
    page.raw.go_back()
    page.gone(".run-sheet")
    page.see("#tab-scalars[aria-selected=true]")
    page.wait("() => document.querySelector('.content').scrollTop > 600")
    page.raw.reload()
    page.wait("() => document.querySelector('.content')?.scrollTop > 600")


def test_a_card_in_full_width_stays_in_sight(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root)
    page = desk.open("closed=[%22%22]", height=600)
    card = page.see(".card[data-tag='sys/gpu'][data-drawn]")
    card.scroll_into_view_if_needed()
    card.get_by_role("button", name="Full width").click()
    page.see(".card.is-wide")
    page.wait(
        "() => { const { top, bottom } = document.querySelector('.card.is-wide').getBoundingClientRect();"
        "return top >= 0 && top < innerHeight - 100 && bottom <= innerHeight + 2; }"
    )


def test_outliers_are_clipped_until_asked_for(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(200):
            logger.set_global_it(step)
            logger.add_scalar("spike", 1e6 if step == 50 else step % 10)
            logger.add_scalar("plain", step)
    page = desk.open()
    page.wait_lines("spike", "layout.yaxis.range[1] < 20")
    page.wait_lines("plain", "layout.yaxis.range[1] >= 199")
    page.raw.get_by_label("clip outliers").click()
    page.wait_lines("spike", "layout.yaxis.range[1] >= 1e6")


def test_huge_steps_are_labelled(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(10):
            logger.set_global_it(step * 10**17)
            logger.add_scalar("loss", step)
    page = desk.open()
    page.wait_lines("loss", "lines.length === 1 && layout.xaxis.exponentformat === 'e'")


def test_frames_of_a_plotly_figure_play(desk: Desk, viewer: Viewer) -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    frames = [graphs.Frame(data=[graphs.Scatter(y=[k, k + 1])], name=str(k)) for k in range(3)]
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("moving", graphs.Figure(data=[graphs.Scatter(y=[0, 1])], frames=frames))
        logger.add_figure("map", graphs.Figure(data=[graphs.Scattergeo(lon=[0], lat=[0])]))
    page = desk.open("tab=figures")
    page.wait(
        "() => [...document.querySelectorAll('.plotly-plot')].some(plot => plot._transitionData?._frames.length === 3)"
    )
    page.see("text=needs shapes from the internet")


def test_what_a_run_logs_by_itself_comes_last(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for tag in ("config", "git_commit", "sample", "zebra"):
            logger.add_text(tag, "text")
    page = desk.open("tab=text")
    page.see(".card[data-tag=zebra] .logged-text")
    names = [card.get_attribute("data-tag") for card in page.find(".card").all()]
    assert names == ["sample", "zebra", "config", "git_commit"]


def test_the_numbers_of_a_logged_table_stand_below_their_heads(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_table("errors", {"class": ["cat", "dog"], "count": [1, 2]})
    page = desk.open("tab=tables")
    heads = [
        re.search("numeric", head.get_attribute("class") or "") is not None for head in page.find("thead th").all()
    ]
    page.see("table.data td")
    heads = [
        re.search("numeric", head.get_attribute("class") or "") is not None for head in page.find("thead th").all()
    ]
    assert heads == [False, True]


def test_a_log_that_is_one_again_has_no_badge(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_scalar("loss", 1.0)
    file = viewer.root / "run" / "events.pb"
    whole = file.read_bytes()
    file.write_bytes(b"something else " * 100)
    page = desk.open()
    page.see(".run-row .odd")
    file.write_bytes(whole)
    page.chart("loss")
    page.gone(".run-row .odd")
