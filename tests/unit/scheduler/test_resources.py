from __future__ import annotations

import anyio
import pytest

from pyexp.errors import SettingsError
from pyexp.scheduler.resources import DevicePool, visible_devices


def test_no_device_is_held_twice():
    held: list[str] = []
    most = 0

    async def use(pool: DevicePool) -> None:
        nonlocal most
        async with pool.hold() as environment:
            mine = environment["CUDA_VISIBLE_DEVICES"].split(",")
            assert len(mine) == 2
            assert not set(mine) & set(held)
            held.extend(mine)
            most = max(most, len(held))
            await anyio.sleep(0.001)
            for device in mine:
                held.remove(device)

    async def main() -> None:
        pool = DevicePool(["0", "1", "2", "3", "4"], 2)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(use, pool)

    anyio.run(main)
    assert (held, most) == ([], 4)


@pytest.mark.slow
def test_cancelled_waiter_gives_its_turn_to_the_next():
    async def main() -> list[str]:
        pool = DevicePool(["0"], 1)
        order: list[str] = []

        async def use(name: str) -> None:
            async with pool.hold():
                order.append(name)

        async with pool.hold(), anyio.create_task_group() as group:
            with anyio.move_on_after(0.05):
                await use("cancelled")
            group.start_soon(use, "next")
            await anyio.wait_all_tasks_blocked()
            order.append("released")
            return_early = order.copy()
            group.cancel_scope.cancel()
        await use("last")
        return [*return_early, order[-1]]

    assert anyio.run(main) == ["released", "last"]


def test_without_devices_nothing_is_set():
    async def main() -> dict[str, str]:
        async with DevicePool([], 0).hold() as environment:
            return environment

    assert anyio.run(main) == {}


def test_more_than_there_are_is_refused(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")

    with pytest.raises(SettingsError, match=r"gpus=2 asks for more devices than there are: found 1 \(CUDA_VISIBLE"):
        DevicePool(visible_devices(), 2)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [("0,1", ["0", "1"]), ("", []), ("-1", []), ("2, GPU-ab ,-1,3", ["2", "GPU-ab"]), ("5", ["5"])],
)
def test_devices_are_those_that_cuda_would_see(monkeypatch, listed, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", listed)

    assert visible_devices() == expected


def test_driver_is_asked_when_no_variable_tells(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_devices() == []

    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 0\necho 1\n")
    tool.chmod(0o755)
    assert visible_devices() == ["0", "1"]
