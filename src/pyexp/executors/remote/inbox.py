"""The driver's side of one attempt: writes what arrives into the run's folder, and determines the outcome."""

from __future__ import annotations

import io
import os
import secrets
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from pyexp._record import replace
from pyexp.executors.capture import open_log
from pyexp.executors.child.mailbox import take_report
from pyexp.executors.child.payload import SealedBody
from pyexp.executors.remote.collector import Collector, own_files
from pyexp.executors.remote.messages import Ended, Message, NotRun, Order, Sent, Started
from pyexp.executors.remote.receiver import Receiver
from pyexp.executors.verdict import ended_early
from pyexp.store.layout import RESULT, RunPaths
from pyexp.store.outcomes import digest_of
from pyexp.task import Failed, Outcome, Passed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyexp.task import Task


class Inbox:
    """The messages of one attempt as they arrive.

    Attributes:
        key: Names the attempt on its way through the exchange.
        host: Where it runs, once that is known.
        outcome: Its outcome, once that is known.
        has_ended: The node has nothing more to send.
        wants_files: The node waits for what earlier attempts left.
        is_clean: It has ended, and the exchange keeps nothing for it.
        is_closed: The attempt was given up: nothing that still arrives makes it pass.
    """

    def __init__(self, task: Task) -> None:
        self.key = secrets.token_hex(8)
        self.host: str | None = None
        self.outcome: Outcome | None = None
        self.has_ended = False
        self.wants_files = self.is_clean = False
        self.is_closed = False
        self._task = task
        self._lock = Lock()
        self._has_files = False
        self._paths = RunPaths(task.out)
        self._is_shared = False
        self._receiver = Receiver(task.out, leave_alone=own_files(self._paths))

    @property
    def _probe(self) -> Path:
        return self._task.out / f".probe-{self.key}"

    def open(self) -> Order:
        """Prepare the folder, and return the order to send to a node.

        Raises:
            OSError: The folder is gone or cannot be written.
        """
        task = self._task
        self._has_files = not self._known().issuperset(os.listdir(task.out))
        with open(self._probe, "xb"):
            pass
        return Order(
            key=self.key,
            task=replace(task, out=task.out.absolute(), body=SealedBody()),
            probe=self._probe.name,
            has_files=self._has_files,
        )

    def fail(self, error: str) -> None:
        """Record that the attempt failed before it was sent."""
        self.outcome = Failed(error=error)

    def close(self) -> None:
        """Remove what was received in part."""
        with self._lock:
            self.is_closed = True
            self._receiver.drop_staged()
            self._remove_probe()

    def receive(self, message: Message) -> None:
        """Take *message* from the node; what cannot be written makes the attempt fail."""
        with self._lock:
            if self.outcome is not None:
                return
            try:
                self._receive(message)
            except OSError as error:
                name = type(error).__name__
                self.outcome = Failed(error=f"{name}: what the run sent from {self.host} could not be written: {error}")

    def files(self) -> Iterator[Message]:
        """Yield what earlier attempts left in the folder."""
        yield from Collector(self._paths.root, leave_out=self._known()).collect(is_last=True)
        yield Sent()

    def _known(self) -> frozenset[str]:
        """Return the files in the folder that no node needs."""
        return own_files(self._paths) | {self._paths.log.name, self._probe.name}

    def _remove_probe(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._probe)

    def _receive(self, message: Message) -> None:
        if isinstance(message, Started):
            self.host, self._is_shared = message.host, message.is_shared
            self._remove_probe()
            if not message.is_shared:
                self.wants_files = self._has_files
                os.close(open_log(self._paths.log, self._task.attempt))
                self._receiver.append_to(self._paths.log.name)
        elif isinstance(message, Ended):
            self.has_ended = True
            self.is_clean = not message.has_asked and not self._has_files
            self.outcome = self._conclude(message)
        elif isinstance(message, NotRun):
            self.has_ended = True
            self.outcome = Failed(
                error=f"{message.error}\n\nThe node {self.host or '(unknown)'} could not execute the run."
            )
        else:
            self._receiver.receive(message)

    def _conclude(self, message: Ended) -> Outcome:
        """Return the outcome of the run, whose process has exited; a result that arrived is put in place last."""
        outcome = take_report(io.BytesIO(message.report), message.pid)
        if outcome is None:
            return ended_early(message.pid, message.code, self._paths.log)
        if isinstance(outcome, Passed) and not self._is_shared:
            if self.is_closed:
                return Failed(error="Interrupted: the run was given up before its result had arrived", pid=message.pid)
            staged = self._receiver.staged(RESULT)
            if digest_of(staged) != outcome.digest:
                return Failed(error=f"OSError: the result was damaged on its way from {self.host}", pid=message.pid)
            self._receiver.place_durably(RESULT)
        return outcome
