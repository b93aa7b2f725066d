from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import anyio
import pytest

from pyexp.definition.function_body import FunctionBody
from pyexp.executors.base import Session
from pyexp.executors.ending import processes
from pyexp.executors.ending.guard import Guard, open_guard
from pyexp.executors.ending.processes import end_leftovers, end_tree
from pyexp.store import descriptors
from support.processes import is_alive
from support.waiting import wait_until

SLEEP = "import time; print('here', flush=True); time.sleep(600)"
IGNORE = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
)
FAMILY = """
import os, subprocess, sys, time
command = [sys.executable, "-c", "import time; time.sleep(600)"]
pids = [subprocess.Popen(command, start_new_session=away).pid for away in (False, True)]
print(*pids, flush=True)
time.sleep(600)
"""


@pytest.fixture
def start():
    started = []

    def start(code, **options):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True, **options
        )
        started.append(process)
        return process, process.stdout.readline().split()

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def make_guard():
    made = []

    def make(**options):
        guard = Guard(**options)
        guard.start()
        made.append(guard)
        return guard

    yield make
    for guard in made:
        guard.close()


def session(grace_s: float) -> Session:
    return Session(body=FunctionBody(lambda config: config), grace_s=grace_s)


@pytest.mark.slow
def test_leader_that_obeys_is_asked_only(start):
    process, _ = start(SLEEP)

    anyio.run(end_tree, process.pid, session(60))

    assert process.wait() == -signal.SIGTERM


@pytest.mark.slow
def test_leader_that_does_not_obey_is_killed_after_the_grace(start):
    process, _ = start(IGNORE)

    anyio.run(end_tree, process.pid, session(0.1))

    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_hurry_leaves_no_grace(start):
    process, _ = start(IGNORE)
    hurried = session(600)
    hurried.hurry.set()

    anyio.run(end_tree, process.pid, hurried)

    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_family_goes_with_its_leader(start):
    process, pids = start(FAMILY)

    anyio.run(end_tree, process.pid, session(5))

    assert not any(is_alive(int(pid)) for pid in [process.pid, *pids])


@pytest.mark.slow
def test_what_a_leader_left_is_asked_before_it_is_killed(start):
    process, pids = start(FAMILY)
    in_group, away = map(int, pids)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    began = time.monotonic()

    anyio.run(end_tree, process.pid, session(60))

    assert time.monotonic() - began < 30
    assert not is_alive(in_group)
    assert is_alive(away)  # nobody saw whose it was
    os.kill(away, signal.SIGKILL)


@pytest.mark.slow
def test_what_leaves_the_group_of_a_deaf_leader_goes_with_it(start):
    process, pids = start(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{FAMILY}")

    anyio.run(end_tree, process.pid, session(0.3))

    assert not any(is_alive(int(pid)) for pid in [process.pid, *pids])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the group is all that is looked at")
def test_only_the_members_are_looked_at(start, monkeypatch):
    _, others = start(FAMILY)
    process, pids = start(FAMILY)
    see, seen = processes._see, set()
    monkeypatch.setattr(processes, "_see", lambda pid: seen.add(pid) or see(pid))

    anyio.run(end_tree, process.pid, session(5))

    assert seen == {process.pid, *map(int, pids)}
    assert all(is_alive(int(pid)) for pid in others)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the group is all that is looked at")
def test_later_process_of_the_same_pid_is_spared(start):
    stranger, _ = start(SLEEP)
    tree = processes._Tree(stranger.pid)
    tree._leader, tree._starts = 1 << 22, {1 << 22: b"", stranger.pid: b"0"}

    assert not tree.look()
    tree._elsewhere = {stranger.pid}
    tree._starts[stranger.pid] = b"0"
    tree.signal(signal.SIGKILL)

    assert is_alive(stranger.pid)


@pytest.mark.slow
def test_leftovers_of_the_group_are_ended(start):
    process, pids = start(FAMILY)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    anyio.run(end_leftovers, process.pid)

    in_group, away = map(int, pids)
    wait_until(lambda: not is_alive(in_group), what="the end of the group")
    os.kill(away, signal.SIGKILL)


def test_group_that_is_gone_costs_nothing(start):
    process, _ = start(SLEEP)
    process.kill()
    process.wait()

    async def measure():
        with anyio.fail_after(0):
            await end_leftovers(process.pid)

    anyio.run(measure)


@pytest.mark.slow
def test_guard_ends_what_bears_its_mark_and_nothing_else(start, make_guard):
    guard = make_guard()
    ours, _ = start(SLEEP, env=os.environ | guard.environment)
    other, _ = start(SLEEP)

    guard.close()

    assert ours.wait(10) == -signal.SIGKILL
    assert other.poll() is None


@pytest.mark.slow
def test_guard_ends_the_groups_it_was_told_of(start, make_guard):
    guard = make_guard()
    watched, _ = start(SLEEP)
    forgotten, _ = start(SLEEP)
    for process in (watched, forgotten):
        guard.watch(process.pid)
    guard.forget(forgotten.pid)

    guard.close()

    assert watched.wait(10) == -signal.SIGKILL
    assert forgotten.poll() is None


@pytest.mark.slow
def test_guard_finds_forked_children_by_the_file_they_hold(make_guard):
    guard = make_guard(looks_into_files=True)
    pid = os.fork()
    if pid == 0:
        descriptors.close_inherited(but=-1)
        guard.hold_mark()
        os.setsid()
        time.sleep(600)
        os._exit(0)
    wait_until(lambda: os.getsid(pid) == pid, what="the child's own session")

    guard.close()

    is_gone = not is_alive(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert is_gone


def test_closed_or_killed_guard_fails_nobody(make_guard):
    guard = make_guard()
    os.kill(guard._process.pid, signal.SIGKILL)
    guard._process.wait()

    guard.watch(os.getpid())
    guard.close()
    guard.close()
    guard.forget(1)


def test_guard_that_was_closed_while_it_started_has_no_process():
    guard = Guard()

    guard.close()
    guard.start()

    assert guard._process is None


@pytest.mark.parametrize("is_native", [True, False], ids=["task", "scope"])
@pytest.mark.slow
def test_guard_ends_with_a_task_that_is_cancelled_while_it_starts(monkeypatch, is_native):
    started = []
    is_starting, may_go_on = threading.Event(), threading.Event()

    def start_slowly(self):
        is_starting.set()
        may_go_on.wait(10)
        start(self)
        started.append(self)

    start = Guard.start
    monkeypatch.setattr(Guard, "start", start_slowly)

    async def hold(scope):
        with scope:
            async with open_guard():
                await anyio.sleep_forever()

    async def cancel_while_it_starts():
        scope = anyio.CancelScope()
        task = asyncio.create_task(hold(scope))
        await anyio.to_thread.run_sync(is_starting.wait)
        if is_native:
            task.cancel()
        else:
            scope.cancel()
        may_go_on.set()
        await asyncio.wait([task])

    asyncio.run(cancel_while_it_starts())
    wait_until(lambda: started, what="the end of the start")
    assert started[0]._process is None


@pytest.mark.slow
def test_guard_ends_with_a_loop_that_cancels_its_tasks_again_and_again():
    guards = []

    async def hold():
        async with open_guard() as guard:
            guards.append(guard)
            await anyio.sleep_forever()

    async def cancel_at_each_step():
        task = asyncio.create_task(hold())
        while not guards:  # noqa: ASYNC110 — the guard tells nobody that it has started
            await asyncio.sleep(0.01)
        pid = guards[0]._process.pid
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        return pid

    pid = asyncio.run(cancel_at_each_step())

    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)
