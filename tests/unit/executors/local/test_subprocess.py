"""The server that workers are started from, and doing without it."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from pyexp.executors.local import subprocess as subprocess_executor
from support.experiments import run_all, run_one
from support.processes import is_alive

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are started directly")
TWO = [{"x": x} for x in range(2)]


def parents(config):
    return os.getppid(), os.getpid() == os.getsid(0)


@pytest.mark.slow
@linux
def test_workers_have_one_parent_and_sessions_of_their_own(tmp_path):
    first, second = (result.result for result in run_all(parents, TWO, tmp_path, executor="subprocess"))

    assert first == second
    assert first[0] != os.getpid()
    assert first[1]
    assert not is_alive(first[0])


@pytest.mark.slow
@linux
def test_killed_server_fails_the_run_and_is_replaced(tmp_path):
    def kill(config):
        if config.x == 0:
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()
        return config.x

    failed, passed = run_all(kill, TWO, tmp_path, executor="subprocess", jobs=1)

    assert failed.error.startswith(
        "RunServerDied: while the run was under way, the process that it was started from ended (killed by SIGKILL"
    )
    assert passed.result == 1


@pytest.mark.slow
def test_workers_are_started_directly_where_no_process_adopts_orphans(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess_executor, "_HAS_SERVER", False)

    result = run_one(parents, {}, tmp_path, executor="subprocess")

    assert result.result == (os.getpid(), True)


@pytest.mark.slow
@pytest.mark.parametrize("has_server", [pytest.param(True, marks=linux), False])
def test_python_that_is_gone_fails_the_run_alone(tmp_path, monkeypatch, has_server):
    monkeypatch.setattr(subprocess_executor, "_HAS_SERVER", has_server)

    class Gone(subprocess_executor.SubprocessExecutor):
        async def execute(self, task):
            if task.config.x:
                monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
            return await super().execute(task)

    passed, failed = run_all(parents, TWO, tmp_path / "out", executor=Gone(), jobs=1)

    assert passed.status == "passed"
    assert "FileNotFoundError" in failed.error
