"""How long the watcher waits in one go, so that a viewer at rest is seldom awake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import anyio
import pytest

from pyexp.viewer.live import pace
from viewer_server import WAIT_S, served

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


class Watcher:
    """A watcher that notes its waits, in ms, as `(step, whole)`, and makes them short."""

    waits: list[tuple[int, int]]

    def __init__(self, watcher: Any) -> None:
        self.watcher = watcher

    def __enter__(self) -> Self:
        self.watcher.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.watcher.__exit__(*error)

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop: Any) -> Any:
        self.waits.append((step_ms, timeout_ms))
        return self.watcher.watch(debounce_ms, step_ms, min(timeout_ms, 50), stop)


@pytest.mark.slow
async def test_the_watcher_waits_longer_where_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from watchfiles import _rust_notify

    real = _rust_notify.RustNotify
    monkeypatch.setattr(_rust_notify, "RustNotify", lambda *given: Watcher(real(*given)))
    monkeypatch.setattr(Watcher, "waits", [], raising=False)
    monkeypatch.setattr(pace, "SWEEP_S", 0.01)
    async with served(tmp_path):
        with anyio.fail_after(WAIT_S):
            while (100, 10_000) not in Watcher.waits:  # noqa: ASYNC110 — the watcher is not ours to instrument
                await anyio.sleep(0.01)
    assert {whole for step, whole in Watcher.waits if step < 100} <= {1_000}
