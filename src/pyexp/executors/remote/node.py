"""One attempt on a node: the local executor's worker process, under a supervisor, its files sent as they change.

Runs inside a worker of the cluster and knows only that there is an exchange to call; it imports next to nothing.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pyexp._record import replace
from pyexp.code.origin import CodeOrigin
from pyexp.config.config import Config
from pyexp.executors.capture import open_log
from pyexp.executors.child import WORKER
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.child.payload import kept_joint, make_payload
from pyexp.executors.remote.collector import PIECE_BYTES, Collector, own_files
from pyexp.executors.remote.lifeline import Lifeline
from pyexp.executors.remote.messages import Ended, Message, NotRun, Sent, Started, size_of
from pyexp.executors.remote.receiver import Receiver
from pyexp.store.layout import RESULT, RunPaths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyexp.executors.remote.messages import Order, Package

_LOOK_S = 0.05
# Scanning a folder of many files takes time; it takes at most this share of the node's.
_LOOKS_PER_TIME = 20
# Asking whether to stop costs a run that ends sooner more than it is worth.
_ASK_AFTER_S = 0.25

_lifelines: list[Lifeline] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the attempt writes; *is_shared* when that is the driver's own folder."""

    paths: RunPaths
    is_shared: bool


def execute_order(package: Package, order: Order, exchange: Any) -> list[Message]:
    """Execute *order* and send its messages to *exchange*, a handle of the cluster's, which has all of them on return.

    If nothing but the start was sent there, the end need not be: both are returned.
    """
    post = Post(exchange, order.key)
    with _uninterrupted():
        try:
            with _open_site(order) as site:
                started = Started(host=socket.gethostname(), is_shared=site.is_shared)
                post.send([started])
                # Once it runs, the driver can know of it, and ask to terminate it.
                post.complete()
                ended = _Attempt(package, order, site, post).execute()
                if site.is_shared:
                    return [started, ended]
                post.send([ended])
        except Exception as error:  # reported to the driver, whatever it is
            post.send([NotRun(error=f"{type(error).__name__}: {error}")])
        post.complete()
    return []


class Post:
    """A sender of the messages of one attempt, in order; one batch is being sent while the next is prepared."""

    def __init__(self, exchange: Any, key: str) -> None:
        self.exchange = exchange
        self.key = key
        self._under_way: Any = None

    def send(self, messages: Iterable[Message]) -> None:
        """Send *messages*, which are bundled."""
        bundle: list[Message] = []
        size = 0
        for message in messages:
            bundle.append(message)
            size += size_of(message)
            if size >= PIECE_BYTES:
                self._dispatch(bundle)
                bundle, size = [], 0
        if bundle:
            self._dispatch(bundle)

    def complete(self) -> None:
        """Wait until everything has arrived."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def _dispatch(self, bundle: list[Message]) -> None:
        self.complete()
        self._under_way = self.exchange.put.remote(self.key, bundle).future()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep the cluster's soft cancellation, meant for tasks that have not begun, from interrupting one that has."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def _open_site(order: Order) -> Iterator[Site]:
    """Open the driver's folder where this node has it, else one of this attempt's own."""
    shared = order.task.out
    if (shared / order.probe).is_file() and os.access(shared, os.W_OK):
        yield Site(paths=RunPaths(shared), is_shared=True)
        return
    scratch = tempfile.mkdtemp(prefix="pyexp-")
    try:
        out = Path(scratch) / shared.name
        out.mkdir()
        yield Site(paths=RunPaths(out), is_shared=False)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Attempt:
    def __init__(self, package: Package, order: Order, site: Site, post: Post) -> None:
        self._package = package
        self._order = order
        self._site = site
        self._post = post
        self._collector = Collector(site.paths.root, leave_out=own_files(site.paths))
        self._stop: Any = None

    def execute(self) -> Ended:
        """Start the worker, follow it until it exits, send what it left, and return its end."""
        if self._order.has_files and not self._site.is_shared:
            self._receive_files()
        lifeline = _lifeline()
        with kept_joint(self._package.joint) as joint, open_mailbox(self._payload(lifeline.pid, joint)) as mailbox:
            pid = self._start(lifeline, mailbox)
            try:
                code = self._follow(lifeline)
            except BaseException:
                lifeline.end()
                raise
            if not self._site.is_shared:
                self._post.send(self._rest())
            mailbox.seek(0)
            return Ended(pid=pid, code=code, report=mailbox.read(), has_asked=self._stop is not None)

    def _receive_files(self) -> None:
        receiver = Receiver(self._site.paths.root, leave_alone=own_files(self._site.paths))
        self._post.complete()
        while True:
            for _, message in self._post.exchange.fetch.remote(self._order.key).future().result():
                if isinstance(message, Sent):
                    self._collector.take_stock()
                    return
                receiver.receive(message)

    def _payload(self, parent: int, joint: bytes | str) -> bytes:
        out = self._site.paths.root
        sent = self._order.task
        task = replace(sent, config=Config(sent.config | {"out": out}), out=out)
        return make_payload(
            parent, self._path(), code=self._origin(), package=self._package.code, joint=joint, task=task
        )

    def _origin(self) -> CodeOrigin:
        """Return where the code comes from; a copy of the working directory has the code of the start already."""
        tree = self._package.origin.tree
        is_here = self._site.is_shared and not self._package.has_working_dir and tree is not None
        return CodeOrigin(tree=tree) if is_here and os.path.exists(str(tree)) else CodeOrigin()

    def _path(self) -> list[str]:
        """Return the driver's ``sys.path`` where it holds here; folders of the project are those of the node's copy."""
        package = self._package
        if self._site.is_shared and not package.has_working_dir:
            return list(package.path)
        path = [entry for entry in sys.path if entry != os.path.dirname(WORKER)]
        if package.has_working_dir:
            for entry in reversed(package.path):
                inner = os.path.relpath(entry or ".", package.folder) if entry else "."
                here = os.path.normpath(os.path.join(os.getcwd(), inner))
                if not inner.startswith("..") and here not in path and os.path.isdir(here):
                    path.insert(0, here)
        return path

    def _start(self, lifeline: Lifeline, mailbox: IO[bytes]) -> int:
        site = self._site
        # Where the log is copied to, a later attempt's header was written already.
        log = open_log(site.paths.log, self._order.task.attempt if site.is_shared else 1)
        is_here = site.is_shared and not self._package.has_working_dir and os.path.isdir(self._package.folder)
        try:
            return lifeline.start(
                [sys.executable, WORKER],
                streams=(mailbox.fileno(), log, log),
                environment=os.environ | dict(self._order.task.environment),
                folder=self._package.folder if is_here else os.getcwd(),
                scratch=None if site.is_shared else os.fspath(site.paths.root.parent),
            )
        finally:
            os.close(log)

    def _follow(self, lifeline: Lifeline) -> int:
        """Send what changes until the worker has exited; return its exit code."""
        begin = time.monotonic()
        while True:
            code = lifeline.wait(self._look())
            if code is not None:
                return code
            if self._stop is not None and self._stop.done():
                lifeline.stop(self._stop.result() or 0.0)
                self._ask()
            elif self._stop is None and time.monotonic() - begin > _ASK_AFTER_S:
                self._ask()

    def _ask(self) -> None:
        """Wait, in the background, for the driver's next request to terminate this attempt."""
        self._stop = self._post.exchange.wait_for_stop.remote(self._order.key).future()

    def _look(self) -> float:
        """Send what is new, and return how long to wait before the next scan."""
        if self._site.is_shared:
            return _LOOK_S
        begin = time.monotonic()
        self._post.send(self._collector.collect())
        return max(_LOOK_S, _LOOKS_PER_TIME * (time.monotonic() - begin))

    def _rest(self) -> Iterator[Message]:
        yield from self._collector.collect(is_last=True)
        with suppress(FileNotFoundError):
            yield from self._collector.staged(RESULT)


def _lifeline() -> Lifeline:
    """Return this process's supervisor, which is started for the first order and used for all that follow."""
    if not _lifelines:
        _lifelines.append(Lifeline())
    return _lifelines[0]
