"""The connection of this process to a cluster: found, joined or started, and left as it was before.

A process has one connection. Batches that run at the same time share the one that the first of them made.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.errors import ExecutorError
from pyexp.executors.limits import available_cpus
from pyexp.executors.remote.environment import complete
from pyexp.executors.remote.head import Credential, Head

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLIENT_PORT = 10001
_PATIENCE_S = 5.0
# The arguments of `ray.init` that the driver passes when it joins a head, which has got all of them.
_DRIVERS_OWN = ("namespace", "logging_level", "logging_format", "log_to_driver", "job_config")


class _Connection:
    """What batches of this process share."""

    lock = threading.Lock()
    users = 0
    address: str | None = None
    head: Head | None = None
    credential: Credential | None = None


class Cluster:
    """One batch's use of a cluster.

    Attributes:
        task_options: What every task of the batch must be submitted with.
        has_working_dir: Its workers start in a copy of the working directory.
    """

    def __init__(
        self, ray: Any, address: str | None, runtime_env: Mapping[str, Any] | None, init: Mapping[str, Any]
    ) -> None:
        self._ray = ray
        self._address = None if address == "local" else address or os.environ.get("RAY_ADDRESS")
        self._runtime_env = runtime_env
        self._init = init
        self._is_joined = False
        self.task_options: dict[str, Any] = {}
        self.has_working_dir = False

    def join(self, jobs: int | None, needs: Mapping[str, Any]) -> None:
        """Connect this process, unless it is connected already.

        Args:
            jobs: Runs at once, if set.
            needs: What each run takes.

        Raises:
            ExecutorError: Nothing responds there, or the process is connected elsewhere, or there is not enough here.
        """
        with _Connection.lock:
            if self._ray.is_initialized():
                self._use_connection()
            else:
                self._connect(jobs, needs)
                _Connection.users, _Connection.address = 1, self._address
                self._is_joined = True
            context = self._ray.get_runtime_context()
            runtime_env = self.task_options.get("runtime_env") or context.runtime_env
            self.has_working_dir = bool(runtime_env.get("working_dir"))

    def leave(self) -> None:
        """Disconnect when no other batch of this process needs the connection; stop what was started."""
        if not self._is_joined:
            return
        with _Connection.lock:
            self._is_joined = False
            _Connection.users -= 1
            if _Connection.users == 0:
                self._disconnect()

    def _use_connection(self) -> None:
        is_ours = _Connection.users > 0
        if self._address not in (None, "auto", _Connection.address if is_ours else None):
            raise ExecutorError(
                f"the executor 'ray' cannot join {self._address!r}: this process is connected to a Ray already; "
                f"call ray.shutdown() first, or use executor='ray' to run there"
            )
        if is_ours:
            _Connection.users += 1
            self._is_joined = True
        if self._runtime_env:
            self.task_options = {"runtime_env": dict(self._runtime_env)}

    def _connect(self, jobs: int | None, needs: Mapping[str, Any]) -> None:
        runtime_env = complete(self._runtime_env, is_remote=self._address is not None, folder=Path.cwd())
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is None:
            _Connection.credential = Credential(self._ray)
        else:
            _require_answer(self._address)
            options |= self._init
        try:
            address = self._address
            if address is None:
                _Connection.head = Head(self._head_options(jobs, needs))
                address = _Connection.head.address
                options |= {name: self._init[name] for name in _DRIVERS_OWN if name in self._init}
            self._ray.init(address=address, runtime_env=runtime_env, **options)
            if self._address is None:
                self._require(needs)
        except BaseException as error:
            self._disconnect()
            if isinstance(error, ExecutorError) or not isinstance(error, Exception):
                raise
            where = f"the cluster at {self._address!r}" if self._address else "the Ray that was started for this batch"
            raise ExecutorError(f"{where} cannot be joined: {type(error).__name__}: {error}") from error

    def _head_options(self, jobs: int | None, needs: Mapping[str, Any]) -> dict[str, Any]:
        wanted = math.ceil((jobs or 0) * needs["num_cpus"])
        options = {
            "num_cpus": max(available_cpus(), wanted),
            "include_dashboard": False,
            "log_to_driver": False,
            "logging_level": logging.ERROR,
        }
        return options | dict(self._init)

    def _require(self, needs: Mapping[str, Any]) -> None:
        """Require that a head that was started here has what one run needs: nothing is added to it later."""
        there = self._ray.cluster_resources()
        wanted = {"CPU": needs["num_cpus"], "GPU": needs["num_gpus"], **needs["resources"]}
        for name, amount in wanted.items():
            found = there.get(name, 0)
            if amount > found:
                raise ExecutorError(
                    f"each run needs {amount:g} {name}, but the Ray started on this machine has {found:g}: "
                    f"ask for less, or give the address of a cluster that has it"
                )

    def _disconnect(self) -> None:
        with suppress(Exception):  # a lost cluster cannot be left in order
            self._ray.shutdown()
        if _Connection.head is not None:
            _Connection.head.close()
        if _Connection.credential is not None:
            _Connection.credential.withdraw()
        _Connection.users, _Connection.address, _Connection.head, _Connection.credential = 0, None, None, None


def _require_answer(address: str) -> None:
    """Check that something listens there: Ray would try for a minute."""
    host, _, port = address.removeprefix("ray://").partition("/")[0].rpartition(":")
    if address.startswith("ray://") and not host:
        host, port = port, str(_CLIENT_PORT)
    if not host or not port.isdecimal():
        return  # "auto", or a form that Ray knows better
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_S).close()
    except OSError as error:
        raise ExecutorError(
            f"no Ray responds at {address!r} ({error}): "
            f"check that the cluster is up (`ray status` there), and its port reachable from this machine"
        ) from error
