"""Whatever an axis shows, its labels are whole, inside their chart, and apart from each other."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest

from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from pathlib import Path

    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

COUNT = 9
NOON = 1705320000.0
DAY = 86_400.0

# Each ends at a tick, so that a label stands at the very edge; the wide ones have many digits in common.
LENGTHS_S = {"ms": 0.004, "s": 10.0, "m": 120.0, "h": 7200.0, "d": 2 * DAY, "w": 14 * DAY, "y": 730 * DAY}
STEPS = {"k": (0, 1000), "neg": (-100_000, 100_000), "near": (10**9, 10**9 + 8), "huge": (-8 * 10**17, 8 * 10**17)}
VALUES = {"near": (100_000.001, 100_000.002), "tiny": (1e-300, 2e-300), "neg": (-1e15, -1e14), "same": (1e9, 1e9)}

OUTSIDE = """
margin => [...document.querySelectorAll('.card')].flatMap(({ dataset }) => {
  const plot = document.querySelector(`.card[data-tag="${dataset.tag}"] .plot`);
  const room = plot.getBoundingClientRect();
  const boxes = kind => [...plot.querySelectorAll(`.${kind}tick text`)].map(text => [text.textContent, text.getBoundingClientRect()]);
  const isOut = ([, { left, right, top, bottom, width }]) =>
    width === 0 || left < room.left || right > room.right || top < room.top || bottom > room.bottom;
  const x = boxes('x');
  const isNear = ([, { left }], i) => i > 0 && left < x[i - 1][1].right + margin;
  const faults = [...x, ...boxes('y')].filter(isOut).concat(x.filter(isNear));
  return (x.length ? faults : [['no label']]).map(([text]) => `${dataset.tag}: ${text}`);
})
"""


def evenly(low: float, high: float) -> list[float]:
    return [low + (high - low) * k / (COUNT - 1) for k in range(COUNT)]


def log(folder: Path) -> list[str]:
    """One run with a tag for each of the lengths, steps and values; gives the tags."""
    plain = [float(k) for k in range(COUNT)]
    late = {f"time-{name}": (plain, plain, evenly(NOON - length, NOON)) for name, length in LENGTHS_S.items()}
    far = {f"step-{name}": (evenly(*ends), plain, plain) for name, ends in STEPS.items()}
    high = {f"value-{name}": (plain, evenly(*ends), plain) for name, ends in VALUES.items()}
    parts = late | far | high
    folder.mkdir()
    file = EventFile(folder / "events.pb")
    points = [
        Points(tag, array("q", map(round, steps)), array("d", values), array("d", times))
        for tag, (steps, values, times) in parts.items()
    ]
    file.prepare(points, [])()
    file.close()
    return list(parts)


def labels_are_whole(page: Page) -> bool:
    return page.raw.evaluate(OUTSIDE, 3) == []


@pytest.mark.parametrize("width", [1300, 390])
def test_labels_are_whole(desk: Desk, viewer: Viewer, width: int) -> None:
    tags = log(viewer.root / "run")
    page = desk.open(width=width, height=9000, timezone_id="America/Los_Angeles")
    for mode, kind in (("Step", "linear"), ("Relative", "linear"), ("Wall", "date")):
        page.raw.get_by_role("radio", name=mode).click()
        for tag in tags:
            page.wait_lines(tag, f"layout.xaxis.type === '{kind}'")
        page.wait_until(lambda: labels_are_whole(page))
