"""Forks under conditions that a test of every executor does not have."""

from __future__ import annotations

import os
import signal
import threading
from contextvars import ContextVar

import pytest

from support.experiments import run_all, run_one

variable = ContextVar("variable", default="unset")


def add_one(config):
    return config.x + 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this platform always does without")
@pytest.mark.parametrize("error", [AttributeError, PermissionError])
def test_without_descriptors_of_processes(tmp_path, monkeypatch, error):
    def refuse(pid):
        raise error

    monkeypatch.setattr(os, "pidfd_open", refuse)

    results = run_all(add_one, [{"x": x} for x in range(4)], tmp_path, executor="fork", jobs=2)

    assert [result.result for result in results] == [1, 2, 3, 4]


@pytest.mark.slow
def test_in_an_application_that_waits_for_every_child(tmp_path):
    # The kernel reaps the children of a process that ignores their end.
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        results = run_all(add_one, [{"x": x} for x in range(4)], tmp_path, executor="fork", jobs=2)
    finally:
        signal.signal(signal.SIGCHLD, before)

    assert [result.result for result in results] == [1, 2, 3, 4]


@pytest.mark.slow
def test_run_sees_the_callers_context(tmp_path):
    token = variable.set("set by the caller")
    try:
        result = run_one(lambda config: variable.get(), {}, tmp_path, executor="fork")
    finally:
        variable.reset(token)

    assert result.result == "set by the caller"


@pytest.mark.slow
def test_batch_in_a_thread(tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(run_one(add_one, {"x": 1}, tmp_path, executor="fork")))
    thread.start()
    thread.join(60)

    assert found[0].result == 2
