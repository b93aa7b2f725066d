"""The page below a prefix, behind a real jupyter-server-proxy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from browser.desk import Page
from browser.records import log_curves, standard
from browser.serving import free_port
from pyexp.log import Logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser.desk import Desk
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

TOKEN = "a-token-of-jupyter"


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[str]:
    """The address of a Jupyter server that proxies to ports of this machine."""
    pytest.importorskip("jupyter_server_proxy", reason="pip install jupyter-server-proxy")
    port = free_port()
    places = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    options = ["--no-browser", "--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    extensions = "--ServerApp.jpserver_extensions={'jupyter_server_proxy': True}"
    command = [sys.executable, "-m", "jupyter_server", *options, extensions, f"--ServerApp.root_dir={tmp_path}"]
    with open(tmp_path / "jupyter.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | places)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None
        try:
            urllib.request.urlopen(url).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Jupyter did not start")


def test_behind_jupyter_server_proxy(desk: Desk, viewer: Viewer, jupyter: str) -> None:
    standard(viewer.root, count=50)
    viewer.start()
    context = desk.chromium.new_context()
    desk.contexts.append(context)
    context.set_default_timeout(30_000)
    raw = context.new_page()
    raw.on("pageerror", lambda error: desk.complaints.append(str(error)))
    raw.goto(f"{jupyter}/proxy/{viewer.port}/?token={TOKEN}")
    raw.goto(f"{jupyter}/proxy/{viewer.port}/#token={viewer.token}")
    page = Page(raw, viewer)
    page.wait_lines("train/loss", "lines.length === 3")
    page.see(".connection[data-kind=open]")
    with Logger(viewer.root / "live") as logger:
        log_curves(logger, 5)
        page.wait_lines("train/loss", "lines.some(line => line.name === 'live')")
    page.tab("figures")
    page.wait(f"() => location.pathname === '/proxy/{viewer.port}/' && location.hash.includes('tab=figures')")
    raw.reload()
    page.see("#tab-figures[aria-selected=true]")
    page.tab("scalars")
    page.wait_lines("train/loss", "lines.length >= 3")
