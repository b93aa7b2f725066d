from __future__ import annotations

import pytest

from pyexp import Executor, ForkExecutor, ForkserverExecutor, InlineExecutor, SubprocessExecutor, get_executor
from pyexp.errors import ExecutorError, UnknownExecutorError


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("inline", InlineExecutor),
        ("subprocess", SubprocessExecutor),
        ("fork", ForkExecutor),
        ("forkserver", ForkserverExecutor),
    ],
)
def test_executors_by_name(name, cls):
    assert type(get_executor(name)) is cls


def test_instance_is_returned_as_it_is():
    class Mine(Executor):
        pass

    mine = Mine()
    assert get_executor(mine) is mine


@pytest.mark.parametrize("name", ["threads", "", "Inline", None, 3, Executor])
def test_unknown_one_names_the_known(name):
    with pytest.raises(UnknownExecutorError, match="subprocess, fork, forkserver, inline, ray"):
        get_executor(name)


def test_fork_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.delattr("os.fork")

    with pytest.raises(ExecutorError, match=r"needs os\.fork"):
        get_executor("fork")
