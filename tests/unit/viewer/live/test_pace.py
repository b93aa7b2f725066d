"""How the pauses grow while nothing happens, and what makes them short again."""

from __future__ import annotations

import anyio
import pytest

from pyexp.viewer.live.pace import MOST_S, SWEEP_S, Pace

pytestmark = pytest.mark.anyio


def idle_pace(looks: int) -> Pace:
    pace = Pace()
    pace.is_watched = True
    for _ in range(looks):
        pace.found(is_busy=False)
    return pace


async def test_pauses_double_up_to_half_a_minute() -> None:
    assert [idle_pace(looks)._pause_s for looks in range(7)] == [SWEEP_S, 2, 4, 8, 16, MOST_S, MOST_S]


async def test_without_a_watcher_or_while_something_runs_they_stay_short() -> None:
    pace = Pace()
    pace.found(is_busy=False)
    assert not pace.is_idle
    pace = idle_pace(4)
    pace.found(is_busy=True)
    assert not pace.is_idle


async def test_what_happens_ends_every_pause_at_once() -> None:
    pace = idle_pace(9)
    assert pace.is_idle
    async with anyio.create_task_group() as tasks:
        with anyio.fail_after(MOST_S / 2):
            tasks.start_soon(pace.rest)
            tasks.start_soon(pace.rest)
            await anyio.wait_all_tasks_blocked()
            pace.hurry()
    assert not pace.is_idle
