from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading

import pytest

from pyexp.definition.function_body import FunctionBody
from pyexp.executors.base import Session
from pyexp.executors.invoke import interruptible
from pyexp.runner.signals import StopSignals


@pytest.fixture
def session():
    return Session(body=FunctionBody(lambda config: None))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_asks_to_stop_the_second_to_hurry(session, number):
    stopped = []
    before = signal.getsignal(number)
    with StopSignals(session) as signals:
        signals.connect(lambda: stopped.append(number))
        signal.raise_signal(number)
        assert (session.stopping.is_set(), session.hurry.is_set()) == (True, False)
        signal.raise_signal(number)
        assert session.hurry.is_set()

    assert signals.received == number
    assert stopped == [number, number]
    assert signal.getsignal(number) is before


def test_signal_before_the_loop_is_not_lost(session):
    stopped = []
    with StopSignals(session) as signals:
        signal.raise_signal(signal.SIGTERM)
        signals.connect(lambda: stopped.append(1))

    assert stopped == [1]


def test_code_in_the_main_thread_is_interrupted(session):
    with StopSignals(session):
        interruptible.set()
        try:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        finally:
            interruptible.clear()


def test_what_the_shell_chose_to_ignore_stays_ignored(session):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals(session) as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signals.received is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_leave_the_signals_alone(session):
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def enter():
        with StopSignals(session):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_the_first_ctrl_c_says_what_a_second_one_does(session, capfd):
    with StopSignals(session):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    with StopSignals(Session(body=session.body)):
        signal.raise_signal(signal.SIGTERM)

    assert capfd.readouterr().err == "\nstopping: the runs get 3 s to exit; Ctrl-C again kills them at once\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_process_ends_by_the_signal_as_if_there_were_no_batch(session):
    with StopSignals(session) as signals:
        interruptible.set()
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    signal.raise_signal(signal.SIGTERM)
                finally:
                    os._exit(0)
        finally:
            interruptible.clear()
        _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM
    assert signals.received is None


@pytest.mark.skipif(sys.platform == "win32", reason="this platform sends no signals to threads")
def test_a_signal_that_another_thread_receives_wakes_the_loop(session):
    async def wait(signals):
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        signals.connect(lambda: loop.call_soon_threadsafe(stopped.set))
        loop.call_soon(os.kill, os.getpid(), signal.SIGTERM)
        too_late = loop.create_future()
        loop.call_later(20, too_late.set_result, None)
        await stopped.wait()
        assert not too_late.done()

    idle = threading.Event()
    thread = threading.Thread(target=idle.wait)
    thread.start()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        with StopSignals(session) as signals:
            asyncio.run(signals.run_alert(lambda: wait(signals)))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        idle.set()
        thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="this platform's loop wakes itself")
@pytest.mark.parametrize("is_closed", [False, True])
def test_what_signals_woke_before_is_woken_again(session, is_closed):
    async def look():
        if is_closed:
            wakes.close()

    woken, wakes = socket.socketpair()
    number = wakes.fileno()
    with woken, wakes:
        wakes.setblocking(False)
        before = signal.set_wakeup_fd(number)
        try:
            with StopSignals(session) as signals:
                asyncio.run(signals.run_alert(look))
        finally:
            woken_again = signal.set_wakeup_fd(before)

    assert woken_again == (-1 if is_closed else number)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_process_does_not_wake_the_loop(session):
    async def fork():
        pid = os.fork()
        if pid == 0:
            os._exit(signal.set_wakeup_fd(-1) + 1)
        _, status = await asyncio.to_thread(os.waitpid, pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0

    with StopSignals(session) as signals:
        asyncio.run(signals.run_alert(fork))
