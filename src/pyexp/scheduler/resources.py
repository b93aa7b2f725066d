"""Device slots: no GPU is assigned to two runs at once."""

from __future__ import annotations

import os
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from pyexp.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

_VARIABLE = "CUDA_VISIBLE_DEVICES"


class DevicePool:
    """A pool of devices, first come, first served."""

    def __init__(self, devices: Sequence[str], per_run: int) -> None:
        """Share *devices* among runs that take *per_run* each.

        Raises:
            SettingsError: One run asks for more devices than there are.
        """
        require_devices(devices, per_run)
        self._free = list(devices)
        self._per_run = per_run
        self._turn = anyio.Lock()
        self._returned = anyio.Condition()

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[dict[str, str]]:
        """Take a run's devices; the block's value is the environment that shows it just those."""
        if self._per_run == 0:
            yield {}
            return
        # A run that waits for devices keeps its turn: later runs cannot overtake it forever.
        async with self._turn, self._returned:
            while len(self._free) < self._per_run:
                await self._returned.wait()
            held = [self._free.pop(0) for _ in range(self._per_run)]
        try:
            yield {_VARIABLE: ",".join(held)}
        finally:
            self._free += held
            with anyio.CancelScope(shield=True):
                async with self._returned:
                    self._returned.notify_all()


def require_devices(devices: Sequence[str], per_run: int) -> None:
    """Refuse runs that ask for more devices than there are.

    Raises:
        SettingsError: One run asks for more than *devices*.
    """
    if per_run > len(devices):
        raise SettingsError(f"gpus={per_run} asks for more devices than there are: found {len(devices)} ({_source()})")


def visible_devices() -> list[str]:
    """Return the devices that this process may use: ``CUDA_VISIBLE_DEVICES``, else those that the driver lists."""
    if (listed := os.environ.get(_VARIABLE)) is not None:
        names = [name.strip() for name in listed.split(",")]
        # CUDA itself stops at the first entry that is empty or -1.
        return names[: next((i for i, name in enumerate(names) if name in {"", "-1"}), len(names))]
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listing.stdout.split()


def _source() -> str:
    return f"{_VARIABLE}={os.environ[_VARIABLE]!r}" if _VARIABLE in os.environ else "listed by nvidia-smi"
