"""What a chart of the Scalars tab shows in a real browser: scales, axes, values at the pointer, touch."""

from __future__ import annotations

import math
import re
from array import array
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from browser.records import log_curves, record, standard
from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def test_a_log_scale_over_many_decades_breaks_no_policy(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(20):
            logger.set_global_it(step)
            logger.add_scalar("wide", 10.0 ** (step - 12))
            logger.add_scalar("narrow", 1 + step / 10)
    page = desk.open()
    for tag in ("wide", "narrow"):
        page.chart(tag)
        page.see(f".card[data-tag={tag}]").get_by_role("button", name="log").click()
        page.wait_lines(tag, "layout.yaxis.type === 'log'")
    ticks = page.find(".card[data-tag=wide] .ytick text")
    page.wait_until(lambda: any("e" in tick for tick in ticks.all_text_contents()))
    assert page.find(".plot tspan").count() == 0


def test_the_ticks_of_a_log_scale_are_whole_numbers(desk: Desk, viewer: Viewer) -> None:
    ends = {"decade": (0.2, 7.0), "two": (0.02, 1.7), "three": (1.5, 2000.0), "clipped": (0.02, 1.7)}
    with Logger(viewer.root / "run") as logger:
        for step in range(201):
            for tag, (low, high) in ends.items():
                value = low * (high / low) ** (step / 200)
                logger.add_scalar(tag, 1e9 if tag == "clipped" and step == 77 else value, step=step)
    page = desk.open()
    for tag, (low, high) in ends.items():
        page.chart(tag)
        page.see(f".card[data-tag={tag}]").get_by_role("button", name="log").click()
        page.wait_lines(tag, "layout.yaxis.type === 'log'")
        labels = page.find(f".card[data-tag={tag}] .ytick text").all_text_contents()
        values = [float(label.replace(",", "").replace("\u2212", "-")) for label in labels]
        assert len(values) >= 3, labels
        assert values == sorted(values), labels
        assert all(low / 2 <= value <= high * 2 for value in values), labels


def test_lines_that_would_cover_their_chart_are_fine(desk: Desk, viewer: Viewer) -> None:
    chance = Random(1)
    with Logger(viewer.root / "run") as logger:
        for step in range(1000):
            noise = chance.choice((0, 1)) + chance.random() / 10
            values = {
                "noise": noise,
                "outlier": 1e6 if step == 500 else noise,
                "decades": 10 ** (6 * noise),
                "gaps": math.nan if step % 10 == 0 else noise,
                "calm": step + noise,
            }
            logger.add_scalars(values, step=step)
    page = desk.open()
    for tag in ("noise", "outlier", "gaps"):
        page.chart(tag)
        page.wait_lines(tag, "lines[0].line.width === 1")
    page.chart("calm")
    page.wait_lines("calm", "lines[0].line.width > 1")
    page.see(".card[data-tag=outlier]").get_by_role("button", name="clip").click()
    page.wait_lines("outlier", "layout.yaxis.range[1] > 1e5 && lines[0].line.width > 1")
    page.see(".card[data-tag=decades]").get_by_role("button", name="log").click()
    page.wait_lines("decades", "layout.yaxis.type === 'log' && lines[0].line.width === 1")
    page.drag("noise", (0.5, 0.3), (0.6, 0.7))
    page.wait_lines("noise", "lines[0].x.length < 200 && lines[0].line.width > 1")


def test_a_log_scale_without_positive_values_says_so(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(5):
            logger.set_global_it(step)
            logger.add_scalars({"negative": -step, "hole": math.nan})
    page = desk.open()
    page.chart("hole")
    page.see(".card[data-tag=negative]").get_by_role("button", name="log").click()
    page.see("[data-tag=negative] [data-empty='nothing positive to show on a log scale']")
    page.see("[data-tag=hole] [data-empty='no finite values']")
    page.see(".card[data-tag=negative]").get_by_role("button", name="log").click()
    page.see("[data-tag=negative] [data-empty='']")


def test_outliers_of_one_chart_can_be_shown(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=1000)
    page = desk.open()
    page.wait_lines("train/loss", "layout.yaxis.range[1] < 2 && layout.yaxis.range[0] < 0.8")
    page.see(".card[data-tag='train/loss']").get_by_role("button", name="clip").click()
    page.wait_lines("train/loss", "layout.yaxis.range[1] > 8")
    page.wait("() => location.hash.includes('clip=')")


def log_at(folder: Path, times: list[float]) -> None:
    """A run with a point at each of these unix times."""
    folder.mkdir()
    (folder / ".pyexp").touch()
    file = EventFile(folder / "events.pb")
    steps = array("q", range(len(times)))
    file.prepare([Points("loss", steps, array("d", steps), array("d", times))], [])()
    file.close()


def test_the_wall_axis_is_the_clock_of_its_time(desk: Desk, viewer: Viewer) -> None:
    # 12:00 in Berlin on a day in January, and on one in July of the same year.
    log_at(viewer.root / "winter", [1705316400.0, 1705320000.0])
    log_at(viewer.root / "summer", [1721037600.0, 1721041200.0])
    page = desk.open("x=wall", timezone_id="Europe/Berlin")
    page.wait_lines("loss", "lines.length === 2")
    hours = {line["name"]: line["first"] / 3_600_000 % 24 for line in page.lines("loss")}
    assert hours == {"winter": 12, "summer": 12}


def test_a_date_below_the_axis_is_not_cut_off(desk: Desk, viewer: Viewer) -> None:
    log_at(viewer.root / "run", [1705316400.0, 1705320000.0])
    page = desk.open("x=wall")
    page.wait_lines("loss", "layout.xaxis.type === 'date'")
    page.wait("() => [...document.querySelectorAll('.xtick text')].some(tick => tick.textContent.includes('2024'))")
    room = "const end = element => element.getBoundingClientRect().bottom, ticks = [...document.querySelectorAll('.xtick text')];"
    assert (
        page.raw.evaluate(
            f"() => {{ {room} return end(document.querySelector('.plot')) - Math.max(...ticks.map(end)); }}"
        )
        >= 0
    )


def seconds_told(page: Page) -> float:
    """The elapsed time in the head of the table of values."""
    return float(re.search(r"([\d.]+) s$", page.see(".bubble-head").inner_text())[1])


def test_values_of_a_zoomed_chart_are_told_as_before(desk: Desk, viewer: Viewer) -> None:
    log_at(viewer.root / "run", [1705316400.0 + step / 100 for step in range(900)])
    page = desk.open()
    page.wait_lines("loss", "lines.length === 1")
    page.drag("loss", (0.5, 0.2), (0.8, 0.8))
    page.wait_lines("loss", "layout.xaxis.range[0] > 300")
    page.chart("loss").hover()
    assert seconds_told(page) > 4
    assert page.find(".bubble .second").count() == 0


def test_names_are_shortened_where_they_are_the_same(desk: Desk, viewer: Viewer) -> None:
    start = "a-rather-long-name-of-a-run-that-begins-like-the-others"
    with record(viewer.root, [{"name": f"{start}-seed={seed}", "seed": seed} for seed in (1, 22)]) as batch:
        for position in range(2):
            with batch.logger(position) as logger:
                log_curves(logger, 10)
            batch.set(position, Status.PASSED)
    page = desk.open()
    page.wait_lines("lr", "lines.length === 2")
    page.chart("lr").hover()
    page.see(".bubble.is-on")
    assert sorted(page.find(".bubble .name").all_inner_texts()) == ["…seed=1", "…seed=22"]
    assert page.see(".bubble-whole").inner_text().startswith(f"{start}-seed=")
    picture = page.save("lr", "SVG").decode()
    assert "…seed=22" in picture
    assert start not in picture


def test_a_picture_has_room_for_every_run(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": f"run-{i}", "i": i} for i in range(40)]) as batch:
        for position in range(40):
            with batch.logger(position) as logger:
                log_curves(logger, 3)
            batch.set(position, Status.PASSED)
    page = desk.open("base=all")
    page.wait_lines("lr", "lines.length === 40")
    picture = page.save("lr", "SVG").decode()
    assert all(f">run-{i}<" in picture for i in range(40))
    height = float(re.search(r'<svg[^>]* height="(\d+)"', picture)[1])
    assert height > 560
    assert ">step<" in picture
    assert ">lr<" in picture


def test_groups_follow_a_run_that_starts(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "a", "seed": 1}, {"name": "b", "seed": 2}]) as batch:
        with batch.logger(0) as logger:
            log_curves(logger, 10)
        batch.set(0, Status.PASSED)
        page = desk.open("group=seed")
        page.wait_lines("lr", "lines.length === 3")
        with batch.logger(1) as logger:
            batch.set(1, Status.RUNNING)
            log_curves(logger, 10)
            logger.flush()
            page.wait_lines("lr", "lines.length === 6")
            log_curves(logger, 10, start=10)
            logger.flush()
            page.wait_lines("lr", "lines[5].x.length === 20")


def test_bands_and_smoothing_of_groups(desk: Desk, viewer: Viewer) -> None:
    for name, value in (("a", 1.0), ("b", 3.0), ("c", 8.0)):
        with Logger(viewer.root / name) as logger:
            for step in range(4):
                logger.set_global_it(step)
                logger.add_scalar("loss", value + step)
    page = desk.open("group=lr")
    page.wait_lines("loss", "lines.length === 3")
    deviation = math.sqrt((3**2 + 1**2 + 4**2) / 3)
    assert page.lines("loss")[1]["y"] == pytest.approx([4 + deviation + step for step in range(4)])
    page.raw.get_by_role("radio", name="min–max").click()
    page.wait_lines("loss", "lines[1].y[0] === 8 && lines[0].y[0] === 1")
    page.raw.get_by_role("radio", name="± std error").click()
    page.wait_lines("loss", f"Math.abs(lines[1].y[0] - {4 + deviation / math.sqrt(2)}) < 1e-9")
    page.find("[aria-label=Smoothing]").fill("0.9")
    kept = 0.9 ** (1000 / 3)
    page.wait_lines("loss", f"lines[2].y[0] === 4 && Math.abs(lines[2].y[1] - {(4 * kept + 5) / (kept + 1)}) < 1e-9")
    why = page.find(".segment:disabled").first.get_attribute("title")
    assert why == "Groups are drawn over steps, since their runs may share no times"


def test_the_note_about_many_runs_goes_when_they_are_grouped(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": f"run-{i}", "part": i % 2} for i in range(122)]) as batch:
        for position in range(122):
            with batch.logger(position) as logger:
                logger.add_scalar("loss", position)
            batch.set(position, Status.PASSED)
    page = desk.open("base=all")
    page.see("text=Charts of more than 120 runs show the median")
    page.group_by("part")
    page.wait_lines("loss", "lines.length === 6")
    page.gone(".toolbar-note")


def test_a_run_that_is_pointed_at_in_the_panel_stands_out(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open("smooth=0.5")
    page.wait_lines("lr", "lines.length === 6")
    page.see(".run-row:has-text('slow')").hover()
    faded = "[...document.querySelectorAll('[data-tag=lr] .scatterlayer > .trace')].map(e => getComputedStyle(e).opacity === '0.12')"
    assert page.wait(f"() => {faded}.some(Boolean) && {faded}") == [False, True, True] * 2
    page.raw.mouse.move(700, 20)
    page.wait(f"() => !{faded}.some(Boolean)")


def touch(page: Page, path: list[tuple[float, float]]) -> None:
    """Move a finger along a path."""
    session = page.raw.context.new_cdp_session(page.raw)

    def send(kind: str, points: list[dict[str, Any]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [{"x": path[0][0], "y": path[0][1]}])
    for x, y in path[1:]:
        send("touchMove", [{"x": x, "y": y}])
        page.raw.wait_for_timeout(20)
    send("touchEnd", [])


def test_a_finger_scrolls_reads_and_zooms_when_asked(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open(width=390, height=844, has_touch=True, is_mobile=True)
    box = page.chart("lr").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.raw.touchscreen.tap(*middle)
    assert "step" in page.see(".bubble.is-on").inner_text()
    page.raw.touchscreen.tap(box["x"] + 150, box["y"] - 20)
    page.gone(".bubble.is-on")
    scrolled = "() => document.querySelector('.content').scrollTop"
    touch(page, [(middle[0], middle[1] + 60 - 15 * i) for i in range(12)])
    page.wait(f"{scrolled.replace('() => ', '() => 40 < ')}")
    assert "zoom=" not in page.raw.url
    page.find(".content").evaluate("content => content.scrollTo(0, 0)")
    page.see("[data-tag=lr] [aria-label='Zoom by dragging']").click()
    page.see("[data-tag=lr] .plot.is-zooming")
    box = page.chart("lr").bounding_box()
    touch(page, [(box["x"] + 100 + 15 * i, box["y"] + 60 + 6 * i) for i in range(10)])
    page.wait_lines("lr", "layout.xaxis.autorange === false")
    page.see("[data-tag=lr] .plot:not(.is-zooming)")
    page.see("[data-tag=lr] [aria-label='Reset zoom']").click()
    page.wait_lines("lr", "layout.xaxis.autorange !== false")


def test_charts_take_another_width_without_a_rest(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=20)
    page = desk.open()
    page.wait("() => document.querySelectorAll('.card[data-drawn]').length === 3")
    is_whole = "plot => plot.clientWidth === plot.querySelector('.main-svg').clientWidth"
    page.raw.evaluate(
        "() => { const later = window.setTimeout; window.setTimeout = (fn, ms) => (ms > 50 ? 0 : later(fn, ms)); }"
    )
    page.raw.set_viewport_size({"width": 1000, "height": 900})
    page.wait(f"() => innerWidth === 1000 && [...document.querySelectorAll('.card .plot')].every({is_whole})")
