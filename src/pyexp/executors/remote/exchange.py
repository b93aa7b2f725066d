"""The one transport: messages of all attempts of a batch, from the nodes to the driver and back.

Lives in a process of its own on the cluster. Receivers wait, none polls; and what is queued is bounded:
a node that sends faster than the driver writes is slowed down.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from pyexp.executors.remote.messages import size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.executors.remote.messages import Message

LIMIT_BYTES: Final = 16 << 20


class Exchange:
    """The queues: one for the driver, and one for each attempt that gets files. Called from one event loop."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._for_driver = _Box(limit_bytes)
        self._for_node: defaultdict[str, _Box] = defaultdict(lambda: _Box(limit_bytes))
        self._wishes: defaultdict[str, asyncio.Queue[float | None]] = defaultdict(asyncio.Queue)

    async def put(self, key: str, messages: Sequence[Message]) -> None:
        """Take *messages* from the node that executes the attempt *key*."""
        await self._for_driver.put([(key, message) for message in messages])

    async def take(self) -> list[tuple[str, Message]]:
        """Wait for messages to the driver, and return all of them."""
        return await self._for_driver.take()

    async def give(self, key: str, messages: Sequence[Message]) -> None:
        """Take *messages* from the driver for the attempt *key*."""
        await self._for_node[key].put([(key, message) for message in messages])

    async def fetch(self, key: str) -> list[tuple[str, Message]]:
        """Wait for messages to the attempt *key*, and return all of them."""
        return await self._for_node[key].take()

    async def stop(self, key: str, grace_s: float) -> None:
        """Ask the node to terminate the attempt *key*; asked again, without grace."""
        await self._wishes[key].put(grace_s)

    async def wait_for_stop(self, key: str) -> float | None:
        """Wait until the attempt *key* is to be terminated, and return its grace; None when it cannot be any more."""
        return await self._wishes[key].get()

    async def forget(self, key: str) -> None:
        """Forget the attempt *key*, which has ended."""
        if (wishes := self._wishes.pop(key, None)) is not None:
            await wishes.put(None)
        self._for_node.pop(key, None)


class _Box:
    """Messages in the order of arrival, of a bounded size altogether."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._messages: deque[tuple[str, Message]] = deque()
        self._size = 0
        self._changed = asyncio.Condition()

    async def put(self, messages: Sequence[tuple[str, Message]]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._size < self._limit_bytes)
            self._messages.extend(messages)
            self._size += sum(size_of(message) for _, message in messages)
            self._changed.notify_all()

    async def take(self) -> list[tuple[str, Message]]:
        async with self._changed:
            await self._changed.wait_for(lambda: self._messages)
            taken = list(self._messages)
            self._messages.clear()
            self._size = 0
            self._changed.notify_all()
            return taken
