"""Which line is which: colours, repeats, ranges, lines that are pointed at."""

from __future__ import annotations

import itertools
import math
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from browser.records import bias, record, standard
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

SOURCE = (files("pyexp.viewer") / "static" / "js" / "model" / "colours.js").read_text()
PALETTE = re.findall(r"#[0-9a-f]{6}", SOURCE.partition("PALETTE = [")[2].partition("]")[0])


def lab(colour: str) -> tuple[float, float, float]:
    """A colour in CIE L*a*b* (D65)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_the_first_twelve_colours_are_far_from_each_other() -> None:
    assert len(set(PALETTE)) == 20
    for one, other in itertools.combinations(PALETTE[:12], 2):
        assert math.dist(lab(one), lab(other)) > 20, (one, other)


def test_colours_begin_with_the_first_and_repeats_are_told_apart(desk: Desk, viewer: Viewer) -> None:
    bias(viewer.root)
    page = desk.open("base=all")
    page.wait_lines("accuracy", "lines.length === 24")
    assert [line["colour"] for line in page.lines("accuracy")] == PALETTE + PALETTE[:4]
    dashes = page.wait_lines("accuracy", "lines.map(line => line.line.dash)")
    boxes = page.raw.evaluate("[...document.querySelectorAll('.run-box')].map(box => box.dataset.dash)")
    assert dashes == boxes == ["solid"] * 20 + ["dash"] * 4
    page.find(".runs-filter").fill("r00|r20")
    page.wait_lines("accuracy", "lines.length === 2")
    page.chart("accuracy").hover()
    page.see(".bubble.is-on")
    of_dots = "[...document.querySelectorAll('.bubble tr')].map(row => [row.innerText.trim().slice(0, 3), row.querySelector('.dot').dataset.dash])"
    assert sorted(page.raw.evaluate(of_dots)) == [["r00", "solid"], ["r20", "dash"]]


def test_colour_by_key_and_groups_in_the_panel(desk: Desk, viewer: Viewer) -> None:
    bias(viewer.root)
    page = desk.open()
    page.wait_lines("accuracy", "lines.length === 20")
    page.raw.get_by_label("Colour runs by a config key").select_option("lr")
    page.wait_lines("accuracy", "new Set(lines.map(line => line.line.color)).size === 3")
    assert page.lines("accuracy")[0]["colour"] == "#7043b8"
    boxes = "new Set([...document.querySelectorAll('.run-box')].map(box => box.style.getPropertyValue('--run-colour')))"
    page.wait(f"() => {boxes}.size === 3")
    page.group_by("width")
    page.wait(f"() => [...{boxes}].join() === '{PALETTE[0]},{PALETTE[1]}'")


def test_runs_that_come_later_are_coloured_by_the_key_too(desk: Desk, viewer: Viewer) -> None:
    bias(viewer.root)
    page = desk.open("colour=lr&base=all")
    page.wait_lines("accuracy", "new Set(lines.map(line => line.line.color)).size === 3")
    with record(viewer.root, [{"name": "later", "lr": 4}], "more") as batch:
        with batch.logger(0) as logger:
            logger.add_scalar("accuracy", 1.0)
        batch.set(0, Status.PASSED)
        page.wait_lines("accuracy", "lines.find(line => line.name === 'later')?.line.color === '#d8b81f'")


def test_running_runs_start_switched_on(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": f"r{k:02}"} for k in range(30)]) as batch:
        for position in range(30):
            with batch.logger(position) as logger:
                logger.add_scalar("loss", position)
            batch.set(position, Status.RUNNING if position >= 28 else Status.PASSED)
        page = desk.open()
        page.wait_lines("loss", "lines.length === 20")
        assert {"r28", "r29", "r00", "r17"} <= {line["name"] for line in page.lines("loss")}


def test_shift_takes_a_range(desk: Desk, viewer: Viewer) -> None:
    bias(viewer.root)
    page = desk.open("base=none")
    page.see("text=0 of 24 shown")
    boxes = page.find(".run-box")
    boxes.nth(3).click()
    page.see("text=1 of 24 shown")
    boxes.nth(8).click(modifiers=["Shift"])
    page.see("text=6 of 24 shown")
    boxes.nth(5).click(modifiers=["Shift"])
    page.see("text=2 of 24 shown")


def test_a_line_is_pointed_at_and_pinned(desk: Desk, viewer: Viewer) -> None:
    standard(viewer.root, count=50)
    page = desk.open()
    page.wait_lines("train/accuracy", "lines.length === 3")
    pointed = ".run-row.is-pointed:has-text('slow')"

    def place() -> list[float]:
        return page.raw.evaluate(
            "() => { const plot = document.querySelector('.card[data-tag=\"train/accuracy\"] .plot');"
            "const { xaxis, yaxis, _size } = plot._fullLayout; const { left, top } = plot.getBoundingClientRect();"
            "const { x, y } = plot.data[0];"
            "return [left + _size.l + xaxis.l2p(x[40]), top + _size.t + yaxis.l2p(y[40])]; }"
        )

    def is_pointed_at() -> bool:
        page.raw.mouse.move(*place())  # again while the page is still being laid out
        return page.find(pointed).count() > 0

    page.wait_until(is_pointed_at)
    page.raw.mouse.click(*place())
    page.raw.mouse.move(5, 5)
    page.see(pointed)
    page.raw.mouse.click(*place())
    page.raw.mouse.move(5, 5)
    page.gone(".run-row.is-pointed")
