"""Answers that come late: what was asked for before is not shown in the place of what is asked for now."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from browser.records import record
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

LINES = [f"line {k:05}" for k in range(20_000)]


@contextmanager
def late(page: Page, pattern: str) -> Iterator[list[Any]]:
    """Hold the requests that match; at the end they go on, and the page has had the time to hear of their answers."""
    held: list[Any] = []
    page.raw.route(pattern, lambda route: held.append(route))
    yield held
    page.raw.unroute(pattern)
    page.raw.evaluate("fetch('api/hello').then(() => new Promise(requestAnimationFrame))")


def printed(viewer: Viewer, *names: str) -> None:
    """Finished runs, each with an output of its own."""
    with record(viewer.root, [{"name": name} for name in names]) as batch:
        for position, name in enumerate(names):
            batch.paths[position].log.write_text("\n".join(f"{name} {line}" for line in LINES) + "\n")
            batch.set(position, Status.PASSED)


def test_the_keys_of_runs_that_the_filter_left_out_are_not_offered(desk: Desk, viewer: Viewer) -> None:
    configs = [{"name": f"{kind}{k}", key: k} for kind, key in (("a", "lr"), ("b", "depth")) for k in range(2)]
    with record(viewer.root, configs) as batch:
        for position in range(4):
            with batch.logger(position) as logger:
                logger.add_scalar("loss", position)
            batch.set(position, Status.PASSED)
    page = desk.open("tab=runs")
    page.see("table.runs tbody tr")
    configs_of_all = (
        "() => [...document.querySelectorAll('.group-menu .check')].map(key => key.innerText.trim()).join()"
    )
    with late(page, "**/api/configs*") as held:
        page.tab("scalars")
        page.wait_until(lambda: len(held) > 0)
        asked = len(held)
        page.find(".runs-filter").fill("^b")
        page.wait_until(lambda: len(held) > asked)
        held.pop().continue_()
        page.wait(f"() => ({configs_of_all})() === 'depth'")
    assert page.raw.evaluate(configs_of_all) == "depth"


def test_a_run_that_was_switched_off_meanwhile_counts_no_more(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "above"}, {"name": "below"}]) as batch:
        for position in range(2):
            with batch.logger(position) as logger:
                for step in range(9):
                    logger.add_scalar("loss", step + 1 if position == 0 else -step, step=step)
            batch.set(position, Status.PASSED)
    page = desk.open("base=none")
    page.see("text=0 of 2 shown")
    page.find("[aria-label='Show above']").click()
    page.wait_lines("loss", "lines.length === 1")
    with late(page, "**/api/series*") as held:
        page.find("[aria-label='Show below']").click()
        page.wait_until(lambda: len(held) == 1)
        page.find("[aria-label='Show below']").click()
        page.see("text=1 of 2 shown")
    page.see("[data-tag=loss] >> role=button[name=log]").click()
    page.wait_lines("loss", "layout.yaxis.type === 'log' && lines.length === 1")
    assert page.find("[data-tag=loss] .card-note").inner_text() == ""


def test_earlier_output_that_is_asked_for_twice_comes_once(desk: Desk, viewer: Viewer) -> None:
    printed(viewer, "run")
    page = desk.open("tab=log")
    page.see(".log-text:has-text('run line 19999')")
    with late(page, "**/api/log?*from=*") as held:
        for count in (1, 2):
            page.see("text=Show earlier output").click()
            page.wait_until(lambda count=count: len(held) == count)
    page.see(".log-text:has-text('run line 06000')")
    shown = page.find(".log-text").inner_text().split("\n")
    whole = [line for line in shown if line.startswith("run line")]
    assert whole == [f"run {line}" for line in LINES[-len(whole) :]]


def test_earlier_output_is_not_put_above_that_of_another_run(desk: Desk, viewer: Viewer) -> None:
    printed(viewer, "one", "two")
    page = desk.open("tab=log")
    page.see(".log-text:has-text('one line 19999')")
    with late(page, "**/api/log?*from=*") as held:
        page.see("text=Show earlier output").click()
        page.wait_until(lambda: len(held) == 1)
        page.raw.get_by_label("Run", exact=True).select_option(label="two — passed")
        page.see(".log-text:has-text('two line 19999')")
        page.raw.get_by_label("Run", exact=True).select_option(label="one — passed")
        page.see(".log-text:has-text('one line 19999')")
    assert page.find(".log-text").inner_text().count("one line 19999") == 1
    assert "one line 06000" not in page.find(".log-text").inner_text()


def test_a_saved_output_has_the_name_of_its_run(desk: Desk, viewer: Viewer) -> None:
    printed(viewer, "one", "two")
    page = desk.open("tab=log")
    page.see(".log-text:has-text('one line 19999')")
    with page.raw.expect_download() as download, late(page, "**/api/log?*limit=*") as held:
        page.see("[aria-label='Save the whole output']").click()
        page.wait_until(lambda: len(held) == 1)
        page.raw.get_by_label("Run", exact=True).select_option(label="two — passed")
        page.see(".log-text:has-text('two line 19999')")
    assert download.value.suggested_filename == "one.log"


def test_the_rest_of_a_text_says_why_it_does_not_come_and_is_dropped_with_it(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for step in range(2):
            logger.add_text("essay", f"step {step} " + "word " * 60_000, step=step)
    page = desk.open("tab=text")
    page.see(".logged-text:has-text('step 1')")
    page.raw.route("**/api/text?*", lambda call: call.abort())
    page.see("text=/^Show all/").click()
    page.see("text=The viewer's server does not answer.")
    page.raw.unroute("**/api/text?*")
    with late(page, "**/api/text?*") as held:
        page.see("text=/^Show all/").click()
        page.wait_until(lambda: len(held) == 1)
        page.see("input[type=range]").press("ArrowLeft")
        page.see(".logged-text:has-text('step 0')")
    assert page.see(".logged-text").inner_text().startswith("step 0")
