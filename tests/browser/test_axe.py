"""axe-core finds nothing that assistive technology would stumble over, on any tab, in both themes, wide and narrow."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.records import log_curves, record
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[1] / "page"
RUN = """
async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`))
"""
# What is opened, and what is seen once it is there.
PLACES = {
    "tab=scalars": ".card[data-drawn]",
    "tab=scalars&group=[%22seed%22]&groupbut=1": ".group-row",
    "tab=text": ".logged-text",
    "tab=figures": "img.picture",
    "tab=images": "img.picture",
    "tab=histograms": "canvas.ridges",
    "tab=tables": "table.data td",
    "tab=runs": "table.runs td.numeric",
    "tab=runs&runsview=compare": "table.data td",
    "tab=log": ".content pre, .content .terminal, .placeholder, .content",
}


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, from the page's own packages."""
    script = PAGE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists() and (npm := shutil.which("npm")):
        command = [npm, "ci", "--no-audit", "--no-fund", "--no-update-notifier"]
        subprocess.run(command, cwd=PAGE, check=True, capture_output=True)
    if not script.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("axe-core is missing: `npm ci` in tests/page")
    return script.read_text("utf-8")


def everything(viewer: Viewer) -> None:
    """Runs with something for each tab, one of them failed, one damaged by a nan."""
    numpy = pytest.importorskip("numpy")
    figures = pytest.importorskip("matplotlib.figure")
    configs = [{"name": f"seed={seed}", "lr": 0.1, "seed": seed} for seed in range(2)]
    with record(viewer.root, configs) as batch:
        for position, status in enumerate((Status.PASSED, Status.FAILED)):
            with batch.logger(position) as logger:
                log_curves(logger, 10)
                logger.add_histogram("weights", [1.0, 2.0])
                logger.add_table("errors", {"class": ["cat"], "count": [position]})
            batch.set(position, status, error="ValueError: nan" if status is Status.FAILED else None)
    with Logger(viewer.root / "lone") as logger:
        for step in range(3):
            figure = figures.Figure(figsize=(4, 3))
            figure.add_subplot().plot([1, 2, step])
            logger.add_figure("curve", figure, step=step)
            logger.add_image("photo", numpy.zeros((60, 80, 3), dtype="uint8"), step=step)
            logger.add_text("sample", "words", step=step)
    (viewer.root / "lone" / "log.out").write_text("one\n\x1b[31mred\x1b[0m \x1b[92mgreen\x1b[0m\n")


def violations(page: Page, axe: str) -> list[str]:
    page.raw.evaluate(axe)
    return page.raw.evaluate(RUN)


@pytest.mark.parametrize(("theme", "width"), [("light", 1300), ("dark", 1300), ("light", 390)])
def test_nothing_is_in_the_way(desk: Desk, viewer: Viewer, axe: str, theme: Any, width: int) -> None:
    everything(viewer)
    page = desk.open(width=width, color_scheme=theme, reduced_motion="reduce")
    found = {}
    for place, seen in PLACES.items():
        page.raw.goto("about:blank")
        page.raw.goto(f"{viewer.base}/#token={viewer.token}&base=all&closed=[]&{place}")
        page.see(seen)
        if faults := violations(page, axe):
            found[place] = faults
    assert not found, "\n".join(f"{place}: {fault}" for place, faults in found.items() for fault in faults)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_what_opens(desk: Desk, viewer: Viewer, axe: str, theme: Any) -> None:
    everything(viewer)
    page = desk.open("tab=runs", color_scheme=theme, reduced_motion="reduce")
    openings = {
        ".run-open:has-text('seed=1')": ".run-sheet .error-text, .run-sheet .config dd",
        ".columns-tools .button": "dialog.sheet",
        "[aria-label='Keyboard shortcuts']": "dialog[open]",
    }
    found = {}
    for button, sheet in openings.items():
        page.see(button).click()
        page.see(sheet)
        if faults := violations(page, axe):
            found[sheet] = faults
        page.raw.keyboard.press("Escape")
        page.gone(sheet)
    page.tab("images")
    page.see("img.picture").click()
    page.see("dialog img[src]")
    if faults := violations(page, axe):
        found["enlarged"] = faults
    assert not found, "\n".join(f"{place}: {fault}" for place, faults in found.items() for fault in faults)
