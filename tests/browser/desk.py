"""Opens pages of a viewer, watches what they do, and has the questions that the tests ask of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.serving import Program, Viewer
    from browser.tab import Tab

WAIT_MS = 20_000


class Desk:
    """The first page is opened in the `tab` that tests share, unless it has wishes; all others in windows of their own."""

    def __init__(self, chromium: Any, viewer: Viewer | Program, tab: Tab | None = None) -> None:
        self.chromium = chromium
        self.viewer = viewer
        self.tab = tab
        self.contexts: list[Any] = []
        self.pages: list[Page] = []
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.is_strict = False

    def open(
        self, view: str = "", *, token: str | None = "", width: int = 1300, height: int = 900, **wishes: Any
    ) -> Page:
        """A page at `view` (the fragment without the token); without `token` with the right one."""
        self.viewer.start()
        token = self.viewer.token if token == "" else token
        page = Page(self._raw(**wishes), self.viewer)
        self.pages.append(page)
        page.raw.set_viewport_size({"width": width, "height": height})
        page.raw.set_default_timeout(WAIT_MS)
        self._follow(page)
        parts = [part for part in (f"token={token}" if token else "", view) if part]
        page.raw.goto(f"{self.viewer.base}/#{'&'.join(parts)}")
        return page

    def close(self) -> None:
        for page in self.pages:
            page.forget()
        for context in self.contexts:
            context.close()
        assert self.outside == [], self.outside
        assert self.complaints == [], self.complaints

    def _raw(self, **wishes: Any) -> Any:
        if self.tab is not None and not self.pages and not wishes:
            return self.tab.open(self.viewer.base)
        self.contexts.append(self.chromium.new_context(**wishes))
        return self.contexts[-1].new_page()

    def _follow(self, page: Page) -> None:
        page.on("request", lambda request: self._outside(request.url))
        page.on("websocket", lambda socket: self._outside(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._console)

    def _outside(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != f"127.0.0.1:{self.viewer.port}":
            self.outside.append(url)

    def _console(self, message: Any) -> None:
        is_refusal = "Content Security Policy" in message.text or "Refused to" in message.text
        if is_refusal or (self.is_strict and message.type == "error"):
            self.complaints.append(message.text)


class Page:
    """One open page. What is asked of it waits until it is so."""

    def __init__(self, page: Any, viewer: Viewer | Program) -> None:
        self.raw = page
        self.viewer = viewer
        self.heard: list[tuple[str, Callable[[Any], object]]] = []

    def on(self, event: str, handler: Callable[[Any], object]) -> None:
        """Call `handler` at each `event` of the page, until the test ends."""
        self.raw.on(event, handler)
        self.heard.append((event, handler))

    def forget(self) -> None:
        for event, handler in self.heard:
            self.raw.remove_listener(event, handler)
        self.heard.clear()

    def find(self, selector: str) -> Any:
        return self.raw.locator(selector)

    def see(self, selector: str) -> Any:
        """The first such element, once it is visible."""
        found = self.raw.locator(selector).first
        found.wait_for(state="visible")
        return found

    def gone(self, selector: str) -> None:
        self.raw.locator(selector).first.wait_for(state="hidden")

    def wait(self, expression: str, argument: Any = None) -> Any:
        """What the JavaScript `expression` gives, once it is truthy."""
        return self.raw.wait_for_function(expression, arg=argument).json_value()

    def wait_until(self, claim: Callable[[], bool]) -> None:
        for _ in range(WAIT_MS // 50):
            if claim():
                return
            self.raw.wait_for_timeout(50)
        raise AssertionError(f"never so within {WAIT_MS} ms: {claim}")

    def tab(self, name: str) -> None:
        self.raw.click(f"#tab-{name}")

    def chart(self, tag: str) -> Any:
        """The plot of a tag, once it is drawn."""
        card = self.see(f'.card[data-tag="{tag}"][data-drawn]')
        return card.locator(".plot")

    def lines(self, tag: str) -> list[dict[str, Any]]:
        """The traces of a chart, in short; none while it is not drawn."""
        return self.raw.evaluate(LINES, tag)

    def wait_lines(self, tag: str, claim: str) -> Any:
        """Wait until the JavaScript `claim` holds of the traces `lines` (and `layout`) of a chart; gives its value."""
        expression = (
            "tag => { const plot = document.querySelector(`.card[data-tag=${JSON.stringify(tag)}] .plot`);"
            f"if (!plot?.data) return null; const lines = plot.data, layout = plot._fullLayout; return {claim}; }}"
        )
        return self.wait(expression, tag)

    def group_by(self, *choices: str) -> None:
        """Choose in the menu of groups: keys of configs, `none`, `all but …`."""
        self.see("[aria-label^='Group runs by config keys']").click()
        for choice in choices:
            self.see(f".group-menu >> text='{choice}'").click()
        self.raw.keyboard.press("Escape")

    def drag(self, tag: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag over a chart, places given as parts of its size."""
        box = self.chart(tag).bounding_box()

        def place(part: tuple[float, float]) -> tuple[float, float]:
            return box["x"] + part[0] * box["width"], box["y"] + part[1] * box["height"]

        self.raw.mouse.move(*place(start))
        self.raw.mouse.down()
        self.raw.mouse.move(*place(end), steps=5)
        self.raw.mouse.up()

    def save(self, tag: str, item: str) -> bytes:
        """What the menu's `item` saves, as bytes."""
        card = self.see(f'.card[data-tag="{tag}"]')
        card.locator("button[aria-label='Save this chart']").click()
        with self.raw.expect_download() as download:
            card.locator(".menu-item", has_text=item).click()
        with open(download.value.path(), "rb") as file:
            return file.read()


LINES = """
tag => (document.querySelector(`.card[data-tag=${JSON.stringify(tag)}] .plot`)?.data ?? []).map(
  ({ name, x, y, opacity, line }) => ({ name, points: x.length, first: x[0], last: x[x.length - 1], y: Array.from(y), opacity, colour: line.color }))
"""
