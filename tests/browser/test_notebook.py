"""`pyexp.viewer.show` in a cell: a frame once, and a sentence in what was saved."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

import pyexp.viewer
from browser.records import standard
from pyexp.viewer.launch import notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser.desk import Desk

pytestmark = pytest.mark.browser


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which a "notebook" serves it, known as Jupyter makes its servers known."""
    folder = tmp_path / "pages"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "jpserver-1.json").write_text(json.dumps({"url": f"{address}/"}))
    yield folder, address
    server.shutdown()
    server.server_close()


def test_a_cell_shows_the_viewer_once(desk: Desk, tmp_path, pages, monkeypatch) -> None:
    display = pytest.importorskip("IPython.display")
    folder, address = pages
    outputs = []
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(display, "display", outputs.append)
    root = tmp_path / "out"
    root.mkdir(exist_ok=True)
    standard(root, count=30)
    try:
        pyexp.viewer.show(root)
        pyexp.viewer.show(root)
        assert len(notebook._viewers) == 1
        viewer = notebook._viewers[root]
        token = viewer.url.partition("#token=")[2]
        html = outputs[0].data
        assert token not in html
        (folder / "cell.html").write_text(f"<!doctype html>{html}")
        context = desk.chromium.new_context()
        desk.contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}/cell.html")
        page.frame_locator("iframe").locator(".card[data-drawn]").first.wait_for(timeout=20_000)
        page.reload()
        page.frame_locator("iframe").get_by_text("Run the cell again").first.wait_for(timeout=20_000)
        (folder / "old.html").write_text(f"<!doctype html>{html.replace('Date.now()', '1e15')}")
        page.goto(f"{address}/old.html")
        page.get_by_text("Run the cell again").wait_for(timeout=20_000)
        assert page.locator("iframe").count() == 0
    finally:
        for viewer in notebook._viewers.values():
            viewer.stop()
        notebook._viewers.clear()


def test_what_no_server_wrote_is_passed_over(tmp_path: Path) -> None:
    for name, text in (
        ("a", "{"),
        ("b", "[]"),
        ("c", '{"url": "http://[::1"}'),
        ("d", '{"url": "ftp://x/"}'),
        ("e", "{}"),
    ):
        (tmp_path / f"jpserver-{name}.json").write_text(text)
    (tmp_path / "jpserver-f.json").write_text('{"url": "https://localhost:8888/base/"}')
    found = list(notebook.notebook_origins(tmp_path))
    assert found == ["https://localhost:8888", "https://127.0.0.1:8888"]


def test_the_output_of_a_cell_is_no_way_out_of_its_script() -> None:
    html = notebook.cell_html("http://127.0.0.1:1/</script><img>", "t", 300)
    assert html.count("</script>") == 1


@pytest.mark.parametrize(("host", "is_shown"), [("localhost", True), ("hub.example", False)])
def test_a_browser_on_another_machine_is_given_a_link(desk: Desk, host: str, *, is_shown: bool) -> None:
    html = notebook.cell_html("http://127.0.0.1:1/", "good-once", 300)
    context = desk.chromium.new_context()
    desk.contexts.append(context)
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=f"<!doctype html>{html}", content_type="text/html"))
    page.goto(f"http://{host}/notebook")
    link = page.get_by_text("open there: http://127.0.0.1:1/#ticket=good-once")
    assert page.locator("iframe").count() == is_shown
    assert link.count() == (not is_shown)
