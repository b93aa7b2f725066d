"""The "Page" table: what a person waits for in a real Chromium, and what an hour of points does to the page's memory.

Needs Playwright and a Chromium; without them it says so and measures nothing.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from table import Row, print_table
from viewers import TAGS, log_step

from pyexp.log import Logger
from pyexp.viewer import start_viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROUNDS = 5
RUNS, POINTS = 10, 1_000
PACED_RUNS = 100
WATCHED_POINTS = 60
LIVE_RUNS, LIVE_S, SETTLING_S = 20, 25, 5
HOUR_STEPS, STEPS_A_SECOND = 60_000, 1_000  # an hour of 100 numbers a second, in a minute
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1440, "height": 900}
# When all charts stand there, in seconds since `window.begin`, or else since the page was asked for.
ALL_DRAWN = """tags =>
  document.querySelectorAll(".card[data-drawn]").length === tags && (performance.now() - (window.begin ?? 0)) / 1000
"""
CLICK = "() => { window.begin = performance.now(); document.getElementById('tab-scalars').click(); }"
# Each number that is logged is the time at which it was: what the painted chart ends with tells how long it took.
NOTE_DELAYS = """() => {
  window.delays = [];
  const card = document.querySelector(".card[data-drawn]");
  let seen = null;
  const note = () => {
    const logged = card.querySelector(".plot").data.at(-1).y.at(-1);
    if (logged !== seen) window.delays.push(Date.now() / 1000 - logged);
    seen = logged;
  };
  const observer = new MutationObserver(() => requestAnimationFrame(() => setTimeout(note)));
  observer.observe(card, { attributes: true, attributeFilter: ["data-drawn"] });
}"""


@contextmanager
def opened(browser: Any, root: Path, tab: str = "scalars") -> Iterator[Any]:
    """A page, in a window without a cache, on a viewer of *root*."""
    viewer = start_viewer(root, port=0)
    context = browser.new_context(viewport=SIZE)
    try:
        page = context.new_page()
        page.goto(f"{viewer.url}&tab={tab}")
        yield page
    finally:
        context.close()
        viewer.stop()


def screens(browser: Any, root: Path) -> Iterable[Row]:
    """From a click, and from the address, to the charts."""
    for run in range(RUNS):
        with Logger(root / f"run{run}") as logger:
            for step in range(POINTS):
                log_step(logger, step, run)
    clicked, loaded = [], []
    for _ in range(ROUNDS):
        clicked.append(_clicked_s(browser, root))
        with opened(browser, root) as page:
            loaded.append(page.wait_for_function(ALL_DRAWN, arg=TAGS).json_value())
    what = f"one screen, {TAGS} charts × {RUNS} runs × {POINTS:,} points, painted"
    yield Row(what=what, ours=statistics.median(clicked), target=0.6)
    # Playwright records every request meanwhile, which takes about a third of this.
    yield Row(what="the same from the address, nothing cached", ours=statistics.median(loaded))


def paced_logs(browser: Any, root: Path) -> Iterable[Row]:
    """The charts of many runs that are still open, logged a step at a time, beside the same numbers written at once."""
    with ExitStack() as live:
        for run in range(PACED_RUNS):
            with Logger(root / "tight" / f"run{run:03}") as logger:
                for step in range(POINTS):
                    log_step(logger, step, run)
            logger = live.enter_context(Logger(root / "paced" / f"run{run:03}"))
            for step in range(POINTS):
                log_step(logger, step, run)
                logger.flush()
        drawn = {pace: [_clicked_s(browser, root / pace) for _ in range(ROUNDS)] for pace in ("paced", "tight")}
    yield Row(
        what=f"{TAGS} charts × {PACED_RUNS} live runs × {POINTS:,} steps, each a block of its own; floor: written at once",
        floor=statistics.median(drawn["tight"]),
        ours=statistics.median(drawn["paced"]),
        target=1.5,
    )


def _clicked_s(browser: Any, root: Path) -> float:
    """Seconds from the click to the charts, in a viewer that has read no log so far."""
    with opened(browser, root, "runs") as page:
        page.wait_for_function("() => globalThis.Plotly && document.querySelectorAll('table.runs tbody tr').length")
        page.evaluate(CLICK)
        return page.wait_for_function(ALL_DRAWN, arg=TAGS, timeout=120_000).json_value()


def live_points(browser: Any, root: Path) -> Iterable[Row]:
    """From `add_scalar` to the painted chart."""
    with Logger(root / "run") as logger:
        logger.add_scalar("loss", time.time())
        logger.add_scalar("loss", time.time())
        logger.flush()
        with opened(browser, root) as page:
            page.wait_for_function(ALL_DRAWN, arg=1)
            page.evaluate(NOTE_DELAYS)
            for number in range(WATCHED_POINTS):
                page.wait_for_timeout(400 + number % 7 * 23)
                logger.add_scalar("loss", time.time())
            page.wait_for_timeout(2000)
            delays = sorted(page.evaluate("delays"))
    if len(delays) < WATCHED_POINTS * 0.9:
        sys.exit(f"only {len(delays)} of {WATCHED_POINTS} points were seen one by one")
    yield Row(what="a point logged → painted, p95", ours=delays[int(0.95 * len(delays))], target=0.5)


def an_hour(browser: Any, root: Path) -> Iterable[Row]:
    """How the page's memory grows while an hour's points arrive, sixty times as fast."""
    with Logger(root / "run") as logger:
        log_step(logger, 0)
        logger.flush()
        with opened(browser, root) as page:
            page.wait_for_function(ALL_DRAWN, arg=TAGS)
            session = page.context.new_cdp_session(page)
            before_mb = _heap_mb(session)
            begin = time.monotonic()
            for step in range(1, HOUR_STEPS):
                log_step(logger, step)
                ahead_s = begin + step / STEPS_A_SECOND - time.monotonic()
                if ahead_s > 0.01:
                    page.wait_for_timeout(1000 * ahead_s)
            page.wait_for_function(
                "last => [...document.querySelectorAll('.plot')].every((plot) => plot.data.at(-1).x.at(-1) === last)",
                arg=HOUR_STEPS - 1,
            )
            grown_mb = _heap_mb(session) - before_mb
    yield Row(what="an hour at 100 points/s: the page's heap grows by", ours=grown_mb, target=50, unit="MB")


def live_sweep(browser: Any, root: Path) -> Iterable[Row]:
    """What Chromium takes of a core while half of the runs that are shown log ten times a second."""
    with ExitStack() as stack:
        loggers = [stack.enter_context(Logger(root / f"run{run:02}")) for run in range(LIVE_RUNS)]
        for run, logger in enumerate(loggers):
            for step in range(POINTS):
                log_step(logger, step, run)
            logger.flush()
        with opened(browser, root) as page:
            page.wait_for_function(ALL_DRAWN, arg=TAGS)
            before = 0.0
            begin = time.monotonic()
            for tick in range(LIVE_S * 10):
                for run, logger in enumerate(loggers[: LIVE_RUNS // 2]):
                    log_step(logger, POINTS + tick, run)
                if tick == SETTLING_S * 10:
                    before, since = _chromium_s(browser), time.monotonic()
                page.wait_for_timeout(1000 * max(0.001, begin + (tick + 1) / 10 - time.monotonic()))
            share = 100 * (_chromium_s(browser) - before) / (time.monotonic() - since)
    what = f"{LIVE_RUNS // 2} writers × 10 Hz, {LIVE_RUNS} runs shown: Chromium takes"
    yield Row(what=what, ours=share, target=30, unit="% of a core")


def _chromium_s(browser: Any) -> float:
    """Processor seconds of all of the browser's processes so far."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(process["cpuTime"] for process in processes)


def _heap_mb(session: Any) -> float:
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def main() -> None:
    """Print the table."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None or find_spec("playwright") is None:
        print("\n## Page\n\nnot measured: it needs Playwright and a Chromium (see the README)")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        rows = [
            row
            for measure in (screens, paced_logs, live_points, live_sweep, an_hour)
            for row in measure(browser, Path(name, measure.__name__))
        ]
        browser.close()
    print_table("Page", rows)


if __name__ == "__main__":
    main()
