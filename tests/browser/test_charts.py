"""What a chart of the Scalars tab shows in a real browser: scales, axes, values at the pointer, touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyexp.log import Logger

if TYPE_CHECKING:
    from browser.desk import Desk
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
