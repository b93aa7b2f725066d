"""Each run on a Ray cluster: one started for the batch on this machine, or one that is there already.

The only file that imports Ray. What happens on a node is in `remote.node`, what arrives from it is in `remote.inbox`.
"""

from __future__ import annotations

import copy
import os
import re
import sys
import threading
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import anyio

from pyexp._optional import import_extra, require_extra
from pyexp.code.packing import Packed, pack
from pyexp.errors import ExecutorError
from pyexp.executors.base import Executor, Session
from pyexp.executors.limits import unlimited
from pyexp.executors.remote.cluster import Cluster
from pyexp.executors.remote.exchange import Exchange
from pyexp.executors.remote.inbox import Inbox
from pyexp.executors.remote.messages import NotRun, Package
from pyexp.executors.remote.node import execute_order
from pyexp.executors.remote.submission import Submission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from anyio.abc import TaskGroup

    from pyexp.task import Body, Outcome, Task

T = TypeVar("T")

# Runs handed to the cluster at once: what exceeds its capacity waits there, where an autoscaler sees it, the rest here.
_WINDOW = 1000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CALLS = 10 * _WINDOW
_POLL_S = 0.02
_PATIENCE_S = 10.0
_HURRY_S = 0.5


class RayExecutor(Executor):
    """Run each config as a task of a Ray cluster (``pip install "pyexp[ray]"``).

    A run has a process of its own on its node, as with the executor ``subprocess``. Its output, event log, artifacts
    and result arrive in the batch folder on this machine while it executes, whether or not the node shares that folder.

    A cluster elsewhere gets a copy of the working directory, without ``.git``, virtual environments and output folders,
    and of this library. A Ray that was not started here is left running.
    """

    is_isolated: ClassVar[bool] = True

    _session: Session
    _ray: Any
    _exchange: Any
    _package: Any
    _function: Any
    _group: TaskGroup
    _runs: dict[str, Submission]
    _placed: dict[Path, Submission]

    def __init__(
        self,
        address: str | None = None,
        runtime_env: Mapping[str, Any] | None = None,
        num_cpus: float = 1,
        num_gpus: float = 0,
        resources: Mapping[str, float] | None = None,
        **init: Any,
    ) -> None:
        """Set where and with what the runs execute; nothing is started or joined yet.

        Args:
            address: ``ray://host:port``, ``host:port`` or ``"auto"`` of a running cluster; None for the Ray that this
                process is connected to, else the one of ``RAY_ADDRESS``, else one that is started for the batch.
            runtime_env: Ray's description of the runs' environment: ``working_dir``, ``excludes``, ``pip``, ….
            num_cpus: CPUs per run.
            num_gpus: GPUs per run; a run sees just those.
            resources: Custom resources per run.
            **init: Further arguments of ``ray.init``.

        Raises:
            MissingExtraError: Ray is not installed.
        """
        require_extra("ray", "ray", "the executor 'ray'")
        self._address = address
        self._runtime_env = runtime_env
        self._needs = {"num_cpus": num_cpus, "num_gpus": num_gpus, "resources": dict(resources or {})}
        self._init = init

    def default_jobs(self, body: Body) -> int | None:
        """Return as many as the cluster takes: more than most clusters execute at once."""
        del body
        return _WINDOW

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Join the cluster, or start one, and receive what the runs send.

        Raises:
            ExecutorError: No cluster responds, or it was lost.
            UnpicklableError: The experiment cannot be sent.
        """
        bound = copy.copy(self)
        bound._session, bound._runs, bound._placed = session, {}, {}
        packed = await _in_thread(pack, session.body)
        for note in packed.notes:
            session.note(note)
        bound._ray = await _in_thread(_import_ray)
        cluster = Cluster(bound._ray, self._address, self._runtime_env, self._init)
        try:
            await _in_thread(cluster.join, session.jobs if session.jobs != _WINDOW else None, self._needs)
            await _in_thread(bound._prepare, cluster, packed)
            async with anyio.create_task_group() as bound._group:
                bound._group.start_soon(bound._receive_all)
                yield bound
                bound._group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await _in_thread(bound._leave, cluster)

    @asynccontextmanager
    async def place(self, task: Task) -> AsyncIterator[None]:
        """Submit the run and wait until a node has taken it; when the block ends, nothing of it continues.

        A cluster may be busy, or a worker process have to be set up first: that does not count as the run's time.
        """
        run = Submission(self._ray, Inbox(task))
        self._runs[run.inbox.key] = self._placed[task.out] = run
        try:
            await _in_thread(self._submit, run)
            self._group.start_soon(self._watch, run)
            await run.placed.wait()
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self._end(run)
                del self._runs[run.inbox.key], self._placed[task.out]
                await _in_thread(run.inbox.close)

    async def execute(self, task: Task) -> Outcome:
        """Await the run, submitted if it is not yet; on cancellation its whole process tree is terminated first."""
        run = self._placed.get(task.out)
        if run is None:
            async with self.place(task):
                return await self.execute(task)
        try:
            await run.finished.wait()
        finally:
            with anyio.CancelScope(shield=True):
                await self._end(run)
        assert run.inbox.outcome is not None
        return run.inbox.outcome

    async def _watch(self, run: Submission) -> None:
        """Take what the task that executes the run returns; if it fails instead, its node will not report."""
        error = await run.wait()
        if error is None:
            await _in_thread(run.take_returned)
            run.wake()
        elif not run.is_over:
            # What the node sent before it was lost may still be on its way: the failure is queued behind it.
            lost = NotRun(error=f"{type(error).__name__}: {_plain(error)}")
            with suppress(self._ray.exceptions.RayError):  # the exchange is lost too: its reader reports it
                await _in_thread(self._call, "put", run.inbox.key, [lost])

    async def _end(self, run: Submission) -> None:
        """Make sure that nothing of *run* continues: ask its node, then have the cluster kill it."""
        if run.is_over:
            return
        run.is_over = True
        is_clean = run.inbox.is_clean  # before anything is sent to the exchange, which keeps it
        session = self._session
        if run.inbox.has_ended:
            with anyio.move_on_after(_PATIENCE_S):
                await run.wait()
        # From here on nothing that arrives makes it pass: its outcome is decided.
        run.inbox.is_closed = True
        if not run.has_ended() and run.inbox.host is None:
            await _in_thread(run.withdraw)
            with anyio.move_on_after(_HURRY_S):
                await run.wait()
        if not run.has_ended():
            self._tell("stop", run.inbox.key, 0.0 if session.hurry.is_set() else session.grace_s)
            with anyio.move_on_after(session.grace_s + _PATIENCE_S):
                while not run.has_ended() and not session.hurry.is_set():  # noqa: ASYNC110 — a threading.Event
                    await anyio.sleep(_POLL_S)
        if not run.has_ended():
            self._tell("stop", run.inbox.key, 0.0)
            with anyio.move_on_after(_HURRY_S):
                await run.wait()
        if not run.has_ended():
            await _in_thread(run.kill)
            with anyio.move_on_after(_PATIENCE_S):
                await run.wait()
        if not is_clean:
            self._tell("forget", run.inbox.key)

    def _prepare(self, cluster: Cluster, packed: Packed) -> None:
        ray = self._ray
        actor = ray.remote(Exchange).options(
            num_cpus=0, max_concurrency=_CALLS, resources={"node:__internal_head__": 0.001}, **cluster.task_options
        )
        self._exchange = actor.remote()
        self._package = ray.put(
            Package(
                code=packed.package,
                origin=self._session.code,
                joint=packed.joint,
                path=list(sys.path),
                folder=os.getcwd(),
                has_working_dir=cluster.has_working_dir,
            )
        )
        self._function = ray.remote(execute_order).options(max_retries=0, **self._needs, **cluster.task_options)

    def _leave(self, cluster: Cluster) -> None:
        if hasattr(self, "_exchange"):
            with suppress(Exception):  # a lost cluster has no exchange to stop
                self._ray.kill(self._exchange)
        cluster.leave()

    def _submit(self, run: Submission) -> None:
        try:
            order = run.inbox.open()
        except OSError as error:
            run.inbox.fail(f"{type(error).__name__}: the run's folder could not be prepared: {error}")
            run.wake()
        else:
            run.submitted(self._function.remote(self._package, order, self._exchange))

    async def _receive_all(self) -> None:
        """Write what arrives, and wake what waits for it."""
        while True:
            try:
                runs = await anyio.to_thread.run_sync(self._receive, limiter=unlimited(), abandon_on_cancel=True)
            except self._ray.exceptions.RuntimeEnvSetupError as error:
                raise ExecutorError(f"the cluster cannot set up the runs' environment: {_plain(error)}") from error
            except Exception as error:  # Ray's errors, and those of its client's connection
                told = _plain(error).partition("\n")[0]
                raise ExecutorError(
                    f"the Ray cluster was lost ({type(error).__name__}: {told}): continue the batch once it is back"
                ) from error
            for run in runs:
                run.wake()
                if run.inbox.wants_files:
                    run.inbox.wants_files = False
                    self._group.start_soon(_in_thread, self._send_files, run.inbox)

    def _receive(self) -> list[Submission]:
        """Wait for messages, write what they contain, and return their runs."""
        found = {}
        for key, message in self._call("take"):
            run = self._runs.get(key)
            if run is not None:
                run.inbox.receive(message)
                found[key] = run
        return list(found.values())

    def _send_files(self, inbox: Inbox) -> None:
        with suppress(self._ray.exceptions.RayError, OSError):  # the node waits until its run is terminated
            for message in inbox.files():
                self._call("give", inbox.key, [message])

    def _tell(self, method: str, *args: Any) -> None:
        with suppress(Exception):  # a lost cluster has killed the runs itself
            getattr(self._exchange, method).remote(*args)

    def _call(self, method: str, *args: Any) -> Any:
        return self._ray.get(getattr(self._exchange, method).remote(*args))


def host(options: dict[str, Any]) -> None:
    """Start Ray, report its address, and stay until killed: all that a head does."""
    context = _import_ray().init(address="local", **options)
    print(context.address_info["gcs_address"], flush=True)  # noqa: T201 — the reply that the starter waits for
    threading.Event().wait()


def _import_ray() -> ModuleType:
    return import_extra("ray", "ray", "the executor 'ray'")


def _plain(error: BaseException) -> str:
    return _COLOUR.sub("", str(error)).strip()


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    return await anyio.to_thread.run_sync(function, *args, limiter=unlimited())
