"""Imports what runs a batch without blocking the caller's loop."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from pyexp.errors import ExecutorError


async def load_hosts(call: str) -> Any:
    """Import what runs a batch, in a thread: the caller's loop is not blocked.

    Args:
        call: How the start was called, for the message.

    Raises:
        ExecutorError: The loop is not asyncio's.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise ExecutorError(
            f"{call} needs asyncio, and the loop that runs here is not asyncio's: use asyncio.run(), or under trio "
            f"await trio.to_thread.run_sync(experiment.run)"
        ) from None
    return await loop.run_in_executor(None, _import_hosts)


@functools.cache
def _import_hosts() -> Any:
    import anyio

    from pyexp.runner import hosts

    # anyio imports what it needs for asyncio when it is first used.
    anyio.run(anyio.sleep, 0)
    return hosts
