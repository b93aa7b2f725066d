"""The Scalars tab with real logs in a real browser."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from browser.records import log_curves, record, standard
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

LOSS = "train/loss"
BUSY = "addEventListener('mousedown', () => { const end = Date.now() + 400; while (Date.now() < end); })"


def test_each_tag_has_a_chart_with_all_runs(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    assert {line["name"] for line in page.lines(LOSS)} == {"slow", "fast", "fast-again"}
    assert len({line["colour"] for line in page.lines(LOSS)}) == 3
    assert [head.inner_text() for head in page.find(".group-title").all()] == ["General", "train"]


def test_what_is_drawn_is_small_and_keeps_the_extremes(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    for line in page.lines(LOSS):
        assert line["points"] <= 1000
        assert (line["first"], line["last"]) == (0, 2999)
        assert max(line["y"]) == 9.0


def test_live_points_arrive(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 10)
        logger.flush()
        page = desk.open()
        page.wait_lines(LOSS, "lines[0]?.x.at(-1) === 9")
        log_curves(logger, 5, start=10)
        page.wait_lines(LOSS, "lines[0].x.length === 15 && lines[0].x.at(-1) === 14")


def show_tab(page: Page, *, is_hidden: bool) -> None:
    """Tell the page that another tab lies over it, or none."""
    page.raw.evaluate(
        "value => { Object.defineProperty(document, 'hidden', { value, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); }",
        is_hidden,
    )


def test_a_hidden_tab_asks_for_the_list_of_runs_alone(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=9)
    page = desk.open()
    sent: list[dict[str, Any]] = []
    page.raw.evaluate("""() => { window.sent = []; const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) { window.sent.push(text); send.call(this, text); }; }""")
    page.wait_lines(LOSS, "lines.length === 3")
    for tab in ("scalars", "runs", "log"):
        page.tab(tab)
        show_tab(page, is_hidden=True)
        page.wait("() => sent.length > 0 && !('tags' in JSON.parse(sent.at(-1)))")
        sent.append(page.raw.evaluate("JSON.parse(window.sent.splice(0).at(-1))"))
        show_tab(page, is_hidden=False)
        page.wait("() => sent.some(text => 'tags' in JSON.parse(text))")
    assert [set(look) for look in sent] == [{"type", "seq", "catalog", "epoch"}] * 3


def test_a_hidden_tab_is_sent_no_points_and_all_of_them_when_it_is_seen(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        log_curves(logger, 10)
        logger.flush()
        page = desk.open()
        page.wait_lines(LOSS, "lines[0]?.x.length === 10")
        page.raw.evaluate("""() => { window.sent = []; const send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (text) { window.sent.push(text); send.call(this, text); }; }""")
        show_tab(page, is_hidden=True)
        page.wait("() => sent.some(text => !('series' in JSON.parse(text)))")
        log_curves(logger, 5, start=10)
        logger.flush()
        with Logger(viewer.root / "later") as later:
            log_curves(later, 1)
        page.see(".run-row:has-text('later')")
        assert (
            page.raw.evaluate("tag => document.querySelector(`.card[data-tag='${tag}'] .plot`).data[0].x.length", LOSS)
            == 10
        )
        show_tab(page, is_hidden=False)
        page.wait_lines(LOSS, "lines.find(line => line.name === 'run')?.x.length === 15")


def test_a_run_appears_while_the_page_is_open(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "first", "lr": 1}, {"name": "second", "lr": 2}]) as batch:
        batch.set(0, Status.RUNNING)
        page = desk.open()
        page.see(".run-row >> text=first")
        page.see("text=No scalars yet")
        with batch.logger(0) as logger:
            log_curves(logger, 10)
        page.wait_lines(LOSS, "lines.length === 1")
        batch.set(0, Status.PASSED)
        page.see(".run-row:has-text('first') .status[data-status=passed]")
        batch.set(1, Status.RUNNING)
        with batch.logger(1) as logger:
            log_curves(logger, 10)
        page.wait_lines(LOSS, "lines.length === 2")
    with record(viewer.root, [{"name": "third", "lr": 3}], "later") as batch:
        batch.set(0, Status.RUNNING)
        page.see(".run-row:has-text('third') .status[data-status=running]")


def test_zoom_brings_full_detail(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=6000)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    page.drag(LOSS, (0.3, 0.3), (0.4, 0.7))
    # Sampled points may follow each other closely, too: full detail is as many points as the range has steps.
    width = "(layout.xaxis.range[1] - layout.xaxis.range[0])"
    page.wait_lines(LOSS, f"{width} < 1000 && Math.abs(lines[0].x.length - {width}) <= 3")
    page.chart(LOSS).dblclick()
    page.wait_lines(LOSS, "lines[0].x[0] === 0 && lines[0].x.at(-1) === 5999")


def test_a_double_click_resets_the_zoom_of_a_busy_page(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=6000)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    page.drag(LOSS, (0.3, 0.3), (0.4, 0.7))
    page.wait_lines(LOSS, "layout.xaxis.range[1] - layout.xaxis.range[0] < 1000")
    page.raw.evaluate(BUSY)
    page.chart(LOSS).dblclick()
    page.wait_lines(LOSS, "lines[0].x[0] === 0 && lines[0].x.at(-1) === 5999")


def test_smoothing_keeps_the_raw_line_behind(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=200)
    page = desk.open("q=^slow$")
    page.wait_lines(LOSS, "lines.length === 1")
    (raw,) = page.lines(LOSS)
    page.find("[aria-label=Smoothing]").fill("0.9")
    page.wait_lines(LOSS, "lines.length === 2")
    behind, smooth = page.lines(LOSS)
    assert behind["y"] == raw["y"]
    assert behind["opacity"] < smooth["opacity"]
    total, mass, kept = 0.0, 0.0, 0.9 ** (1000 / 199)
    for value, got in zip(raw["y"], smooth["y"], strict=True):
        total, mass = total * kept + value, mass * kept + 1
        assert got == pytest.approx(total / mass)


def test_axis_modes(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.wait_lines(LOSS, "layout.xaxis.type === 'linear' && lines[0].x.at(-1) === 49")
    page.raw.get_by_role("radio", name="Relative").click()
    page.wait_lines(LOSS, "lines[0].x[0] === 0 && lines[0].x.at(-1) < 40 && layout.xaxis.ticksuffix.trim() === 's'")
    page.raw.get_by_role("radio", name="Wall").click()
    page.wait_lines(LOSS, "layout.xaxis.type === 'date' && lines[0].x[0] > 1e12")


def test_log_scale_is_per_tag(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.chart(LOSS)
    page.see(f'.card[data-tag="{LOSS}"]').get_by_role("button", name="log").click()
    page.wait_lines(LOSS, "layout.yaxis.type === 'log'")
    assert page.wait_lines("train/accuracy", "layout.yaxis.type") == "linear"


def test_filter_and_selection(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    page.find(".runs-filter").fill("^fast(-again)?$")
    page.wait_lines(LOSS, "lines.length === 2")
    page.find(".runs-filter").fill("(")
    page.see(".filter-error:not(:empty)")
    page.find(".runs-filter").fill("")
    page.wait_lines(LOSS, "lines.length === 3")
    page.gone(".filter-error:not(:empty)")
    page.wait_until(lambda: page.find(".run-row").count() == 3)
    page.see(".run-row:has-text('slow')").hover()
    page.see(".run-row:has-text('slow') .only").click()
    page.wait_lines(LOSS, "lines.length === 1 && lines[0].name === 'slow'")
    page.raw.get_by_role("button", name="None", exact=True).click()
    page.see("text=No runs are shown")
    page.raw.locator(".runs-tools").get_by_role("button", name="All").click()
    page.wait_lines(LOSS, "lines.length === 3")


def test_the_first_twenty_runs_start_selected(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": f"run{i:02}", "i": i} for i in range(25)]) as batch:
        for position in range(25):
            with batch.logger(position) as logger:
                log_curves(logger, 2)
            batch.set(position, Status.PASSED)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 20")
    assert page.find(".run-box:checked").count() == 20
    page.see("text=20 of 25 shown")


def test_tag_filter_and_folding(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.chart(LOSS)
    page.find(".tags-filter").fill("accu")
    page.gone(f'.card[data-tag="{LOSS}"]')
    page.chart("train/accuracy")
    page.see(".group-head:has-text('train')").click()
    page.gone(".card[data-tag='train/accuracy']")


def test_a_link_restores_the_view(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=500)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    page.find(".runs-filter").fill("fast")
    page.find("[aria-label=Smoothing]").fill("0.5")
    page.see(f'.card[data-tag="{LOSS}"]').get_by_role("button", name="log").click()
    page.drag(LOSS, (0.4, 0.2), (0.7, 0.8))
    page.see(".group-head:has-text('General')").click()
    page.wait("() => ['q=fast', 'smooth=0.5', 'logy=', 'zoom=', 'closed='].every(part => location.hash.includes(part))")
    fragment = page.raw.evaluate("location.hash.slice(1)")
    before = page.wait_lines(LOSS, "lines.length === 4 && layout.xaxis.range")
    assert "token" not in fragment
    other = desk.open(fragment)
    assert other.wait_lines(LOSS, "lines.length === 4 && layout.yaxis.type === 'log' && layout.xaxis.range") == before
    assert other.find(".runs-filter").input_value() == "fast"
    assert other.find(".card[data-tag=lr]").count() == 0


def test_groups_show_mean_and_deviation(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    page.group_by("lr")
    assert "depth" not in page.find(".group-menu").inner_text()
    page.wait_lines(LOSS, "lines.length === 6 && lines[1].fill === 'tonexty'")
    assert [chip.inner_text() for chip in page.find(".chip").all()] == ["0.01\nn = 1", "0.1\nn = 2"]


def test_hover_and_arrow_keys_tell_the_values(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open("q=^slow$")
    page.wait_lines(LOSS, "lines.length === 1")
    page.chart(LOSS).hover()
    assert "slow" in page.see(".bubble.is-on").inner_text()
    page.raw.mouse.move(2, 2)
    page.gone(".bubble.is-on")
    page.chart(LOSS).focus()
    page.raw.keyboard.press("ArrowLeft")
    assert "step 49" in page.see(".bubble.is-on").inner_text()
    page.raw.keyboard.press("ArrowLeft")
    assert "step 48" in page.see(".bubble.is-on").inner_text()


def test_charts_are_saved_as_files(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=1500)
    page = desk.open()
    page.wait_lines(LOSS, "lines.length === 3")
    assert page.save(LOSS, "PNG").startswith(b"\x89PNG\r\n")
    picture = page.save(LOSS, "SVG").decode()
    assert picture.startswith("<svg")
    assert "fast-again" in picture
    rows = list(csv.DictReader(io.StringIO(page.save(LOSS, "CSV").decode())))
    assert len(rows) == 3 * 1500
    assert float(next(row["value"] for row in rows if row["step"] == "777")) == 9.0


def test_charts_off_the_screen_are_let_go(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(3):
            logger.set_global_it(step)
            logger.add_scalars({f"tag{i:03}": step for i in range(60)})
    page = desk.open()
    page.chart("tag000")
    drawn = "() => document.querySelectorAll('.plot .main-svg').length / 3"
    assert page.raw.evaluate(drawn) < 30
    page.find(".content").evaluate("content => content.scrollTo(0, content.scrollHeight)")
    page.chart("tag047")
    page.wait("() => !document.querySelector('[data-tag=tag000] .main-svg')")
    page.see("text=Show 12 more of 60").click()
    page.find(".content").evaluate("content => content.scrollTo(0, content.scrollHeight)")
    page.chart("tag059")
