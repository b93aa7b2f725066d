"""A Ray that is started for a batch on this machine, and exits with this process however that exits."""

from __future__ import annotations

import os
import pickle
import secrets
import select
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from typing import Any, Final

from pyexp.errors import ExecutorError
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.remote.lifeline import Lifeline

_PATIENCE_S = 90.0
# Paths of Ray's sockets are long, and those of Unix sockets must not be.
_LONGEST_FOLDER = 30
_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from pyexp.executors.ray import host; host(pickle.load(sys.stdin.buffer))"
)
# One for all heads of this process: Ray keeps the first token that it sees.
_TOKEN: Final = secrets.token_hex(32)


class Head:
    """A head node in processes of its own, below a supervisor.

    Attributes:
        address: Where drivers join it.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        """Start it; return when it can be joined.

        Args:
            options: For ``ray.init``.

        Raises:
            ExecutorError: It could not be started.
        """
        self._lifeline = Lifeline()
        scratch = _make_scratch()
        try:
            self.address = self._start(options, scratch)
        except BaseException:
            self._lifeline.close()
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def close(self) -> None:
        """Kill all of it, and remove its files."""
        self._lifeline.close()

    def _start(self, options: dict[str, Any], scratch: str) -> str:
        options = {"_temp_dir": scratch} | options
        environment = {"RAY_USAGE_STATS_ENABLED": "0"} | os.environ
        reading, writing = os.pipe()
        with (
            open_mailbox(pickle.dumps(sys.path) + pickle.dumps(options)) as orders,
            tempfile.TemporaryFile() as complaints,
            open(reading, "rb", buffering=0) as reply,
        ):
            try:
                self._lifeline.start(
                    [sys.executable, "-c", _PROGRAM],
                    streams=(orders.fileno(), writing, complaints.fileno()),
                    environment=environment,
                    folder=os.getcwd(),
                    scratch=scratch,
                )
            finally:
                os.close(writing)
            address = self._read_line(reply.fileno())
            if not address:
                complaints.seek(0)
                told = complaints.read().decode("utf-8", "replace").strip()
                raise ExecutorError(f"Ray could not be started on this machine; it said:\n{told[-4000:]}")
        return address

    def _read_line(self, descriptor: int) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        data = b""
        while b"\n" not in data and (left := deadline - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left)[0]:
                chunk = os.read(descriptor, 4096)
                if not chunk:
                    return ""
                data += chunk
        return data.decode().strip()


class Credential:
    """The secret without which no other process runs code on our head; Ray takes it from the environment."""

    def __init__(self, ray: Any) -> None:
        """Have this process and its children present the secret, unless the user configured Ray's authentication."""
        self._ray = ray
        self._names: list[str] = []
        if "RAY_AUTH_MODE" not in os.environ:
            for name, value in (("RAY_AUTH_MODE", "token"), ("RAY_AUTH_TOKEN", _TOKEN)):
                os.environ[name] = value
                self._names.append(name)
            self._refresh()

    def withdraw(self) -> None:
        """Restore the environment."""
        for name in self._names:
            os.environ.pop(name, None)
        if self._names:
            self._names.clear()
            self._refresh()

    def _refresh(self) -> None:
        # Ray reads the mode when it is imported, the token when it first needs it; there is no public way to have it
        # look again. Versions without tokens have neither.
        with suppress(AttributeError):
            self._ray._raylet.Config.initialize("")
            self._ray._raylet.AuthenticationTokenLoader.instance().reset_cache()


def _make_scratch() -> str:
    folder = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="pyexp-ray-", dir=folder if len(folder) <= _LONGEST_FOLDER else "/tmp")  # noqa: S108
