"""A real Chromium, and a real viewer for each test; nothing may be asked from outside, nothing may break in the page."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from browser.desk import Desk
from browser.serving import Servers, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser.tab import Tab

INSTALL = "install Chromium and `pip install playwright` (see `tox -e browser`)"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # only WebGL is drawn by it: all else takes half the time without
    "--disable-gpu-rasterization",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: Playwright keeps a loop running in the main thread, where other tests start theirs."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def missing(what: str) -> None:
    """Skip, but not in CI: there a browser must be."""
    sentence = f"{what} is missing: {INSTALL}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright")
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_tab(chromium: Any) -> Iterator[Tab]:
    from browser.tab import Tab

    tab = Tab(chromium)
    yield tab
    tab.close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    pytest.importorskip("aiohttp", reason='the viewer needs its extra: pip install "pyexp[viewer]"')
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def viewer(tmp_path: Path, servers: Servers) -> Iterator[Viewer]:
    """A viewer of the empty folder `viewer.root`; started by `start`, or by the first page that is opened."""
    root = tmp_path / "out"
    root.mkdir()
    serving = Viewer(root, servers)
    yield serving
    serving.stop()


@pytest.fixture
def desk(chromium: Any, shared_tab: Tab, viewer: Viewer) -> Iterator[Desk]:
    """Opens pages and, at the end, checks that all went well in them."""
    desk = Desk(chromium, viewer, shared_tab)
    yield desk
    try:
        desk.close()
    finally:
        shared_tab.leave(viewer.base)
