"""One page that the tests use after each other: what its process has fetched and compiled, the next test finds done."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import Error

QUIET = "/favicon.ico"  # does nothing, and is of the same site: for another one the page would get another process


class Tab:
    def __init__(self, chromium: Any) -> None:
        self.chromium = chromium
        self.context: Any = None
        self.page: Any = None

    def open(self, base: str) -> Any:
        """The page as if it were new to the site at `base`, which is being served."""
        if self.page is None:
            self.context = self.chromium.new_context()
            self.page = self.context.new_page()
            self.page.on("crash", lambda _page: self.close())
        self.page.goto(base + QUIET)
        self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        self.page.mouse.move(0, 0)
        return self.page

    def leave(self, base: str) -> None:
        """End what a test has open in the page, and forget what it has asked of it."""
        if self.page is None:
            return
        self.page.unroute_all(behavior="ignoreErrors")
        with suppress(Error):  # a test may have stopped its viewer: a page that cannot be loaded is quiet, too
            self.page.goto(base + QUIET)

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
        self.context = self.page = None
