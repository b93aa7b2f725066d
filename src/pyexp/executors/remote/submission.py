"""One attempt as the driver sees it: its task on the cluster, and what arrives from it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from pyexp.executors.remote.inbox import Inbox
    from pyexp.executors.remote.messages import Message


class Submission:
    """One attempt under way.

    Attributes:
        inbox: What arrives.
        placed: Set once a node has taken the attempt.
        finished: Set once its outcome is known.
        is_over: Nothing waits for it any more.
    """

    def __init__(self, ray: Any, inbox: Inbox) -> None:
        self._ray = ray
        self._reference: Any = None
        self._future: Any = None
        self._loop = asyncio.get_running_loop()
        self._ended = anyio.Event()
        self.inbox = inbox
        self.placed = anyio.Event()
        self.finished = anyio.Event()
        self.is_over = False

    def wake(self) -> None:
        """Wake what waits for the state of the inbox."""
        if self.inbox.outcome is not None:
            self.finished.set()
        if self.inbox.outcome is not None or self.inbox.host is not None:
            self.placed.set()

    def submitted(self, reference: Any) -> None:
        """Note that the cluster has the task; called in any thread."""
        self._reference, self._future = reference, reference.future()
        self._future.add_done_callback(self._tell_end)

    def has_ended(self) -> bool:
        """Return whether nothing of it continues."""
        return self._future is None or bool(self._future.done())

    def take_returned(self) -> None:
        """Receive what the task returned when it succeeded; called in any thread."""
        messages: list[Message] = self._future.result()
        for message in messages:
            self.inbox.receive(message)

    async def wait(self) -> BaseException | None:
        """Wait until the task ends; return what it failed with."""
        if self._future is None:
            return None
        await self._ended.wait()
        error: BaseException | None = self._future.exception()
        return error

    def _tell_end(self, _: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nothing waits any more
            self._loop.call_soon_threadsafe(self._ended.set)

    def withdraw(self) -> None:
        """Have the cluster never start it; one that has been started ignores this."""
        with suppress(self._ray.exceptions.RayError):
            self._ray.cancel(self._reference, force=False, recursive=False)

    def kill(self) -> None:
        """Have the cluster kill the worker, or never start it; the run's processes die with the worker."""
        with suppress(self._ray.exceptions.RayError):
            self._ray.cancel(self._reference, force=True, recursive=False)
