"""Nothing that was logged is hidden: by other runs, by other tags, by values that cannot be drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pyexp.log import Logger

if TYPE_CHECKING:
    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def hidden(root) -> None:
    for k in range(121):
        with Logger(root / f"run{k:03d}") as log:
            log.add_scalar("loss", float(k))
    with Logger(root / "zlast") as log:
        log.add_scalar("only_here", 1.0)
        log.add_scalar("only_here", 2.0)
        for i in range(50):
            log.set_global_it(i)
            log.add_scalar("gaps", 1.0 if i % 5 == 0 else math.nan)
            log.add_scalar("alternating, on a log axis", 1.0 if i % 2 else -1.0)
    with Logger(root / "many") as log:
        for k in range(10_000):
            log.add_scalar(f"g{k % 100}/t{k}", k)


def test_runs_and_tags_hide_nothing(desk: Desk, viewer: Viewer) -> None:
    hidden(viewer.root)
    page = desk.open("base=all&closed=[]")
    page.see(".runs-tools >> text=123 shown")
    page.wait_lines("only_here", "lines.length === 1 && lines[0].y.join() === '1,2'")
    page.wait_lines("gaps", "lines[0].marker.size.filter(size => size > 0).length === 10")
    page.wait_lines("loss", "lines.filter(line => line.mode.includes('markers')).length === 121")
    page.wait_lines("loss", "lines.filter(line => line.name === 'median' && line.y[0] === 60).length === 1")
    assert page.find(".toolbar-note").inner_text().startswith("Charts of more than 120 runs")
    assert page.find(".card-note:not(:empty)").count() == 0
    page.see(".tree .more").click()
    page.see(".run-row:has-text('run120')").hover()
    page.wait_lines("loss", "lines.some(line => line.name === 'run120' && line.opacity === 1)")
    faint = page.wait_lines("loss", "lines.filter(line => line.opacity < 1).map(line => line.line.dash)")
    assert len(faint) >= 120
    assert set(faint) == {"solid"}
    page.see("[data-tag='alternating, on a log axis'] >> role=button[name=log]").click()
    page.see("text=A log axis cannot show 25 values of zero or less.")
    page.find(".tags-filter").fill("^g7/t9[0-9]07$")
    page.chart("g7/t9007")
    assert page.find(".card").count() == 10
    page.find(".tags-filter").fill("t9907(")
    assert "Not a valid pattern" in page.see(".tags-search .filter-error:not(:empty)").inner_text()
    page.find(".tags-filter").fill("(?i)ONLY_")
    page.chart("only_here")
    page.gone(".tags-search .filter-error:not(:empty)")
    page.raw.keyboard.press("Escape")
    page.chart("loss")
    assert page.find(".tags-filter").input_value() == ""


def test_what_turns_nan_is_marked_in_chart_list_and_table(desk: Desk, viewer: Viewer) -> None:
    for name, odd in (("fine", 1.0), ("turns-nan", math.nan), ("turns-inf", math.inf)):
        with Logger(viewer.root / name) as logger:
            for step in range(20):
                logger.set_global_it(step)
                logger.add_scalar("loss", odd if step >= 10 else float(step))
    page = desk.open()
    page.wait_lines("loss", "lines.at(-1).name === 'not finite' && lines.at(-1).x.join() === '9,9'")
    page.see(".run-row:has-text('turns-nan') .odd")
    assert "NaN or infinite: loss" in page.see(".run-row:has-text('turns-inf') .odd").get_attribute("title")
    assert page.find(".run-row:has-text('fine') .odd").count() == 0
    page.tab("runs")
    page.see("tr:has-text('turns-nan') .odd")
    page.wait_until(lambda: page.find("table .odd").count() == 2)


def test_smoothing_is_done_over_all_points(desk: Desk, viewer: Viewer) -> None:
    noise = -np.log1p(np.arange(10_000)) + np.random.default_rng(1).normal(size=10_000)
    with Logger(viewer.root / "passes") as log:
        for epoch in range(3):
            for step in range(100):
                log.set_global_it(step)
                log.add_scalar("passes", 10.0 * epoch)
    for count in (1_000, 10_000):
        with Logger(viewer.root / f"k{count}") as log:
            for step in range(count):
                log.set_global_it(step)
                log.add_scalar("loss", float(noise[step]))
    page = desk.open("smooth=0.6")
    ends = "[99, 199, 299].map(end => lines[1]?.y[end])"
    page.wait_lines("passes", f"{ends}.every((y, i) => Math.abs(y - 10 * i) < 1e-9)")
    # The raw line stays behind, and the smoothed one is smooth however many points are between two that are drawn.
    spread = "ys => Math.max(...ys.slice(50)) - Math.min(...ys.slice(50))"
    page.find("[aria-label=Smoothing]").fill("0.99")
    page.wait_lines("loss", f"lines.length === 4 && ({spread})(lines[2].y) < ({spread})(lines[0].y) / 2")
