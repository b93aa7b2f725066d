"""Who calls: the script that is being executed, or an application whose event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


def is_script(frame: FrameType) -> bool:
    """Whether the caller is the script being executed, outside of any loop and of any run."""
    caller = frame.f_globals
    if caller.get("__name__") != "__main__" or "__file__" not in caller:
        return False
    from pyexp.executors.invoke import current_run

    if current_run.get(None) is not None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


async def load_hosts() -> Any:
    """Import what runs a batch, in a thread: the caller's loop goes on."""
    return await asyncio.get_running_loop().run_in_executor(None, _import_hosts)


@functools.cache
def _import_hosts() -> Any:
    import anyio

    from pyexp.runner import hosts

    # anyio imports what it needs for asyncio when it is first used.
    anyio.run(anyio.sleep, 0)
    return hosts
