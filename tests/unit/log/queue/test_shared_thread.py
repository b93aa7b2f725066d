"""One thread writes for all loggers of a process, and a stalled file keeps it from none of the others."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from pyexp.log import LogReader
from pyexp.log.queue import shared_thread, writer
from pyexp.log.queue.writer import State, Writer


class Memory:
    """A sink that keeps what it gets, and stalls while `gate` is not set."""

    def __init__(self):
        self.rows = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def prepare(self, scalars, items):
        def append():
            self.entered.set()
            self.gate.wait(30)
            self.rows += [it for points in scalars for it in points.iterations]

        return append

    def close(self):
        pass

    def release(self):
        pass

    def reopened(self):
        return self


@pytest.fixture(autouse=True)
def thread(monkeypatch):
    monkeypatch.setattr(shared_thread, "thread", shared_thread.SharedThread())
    return shared_thread.thread


@pytest.fixture
def writers():
    writers = [Writer(Memory()) for _ in range(5)]
    yield writers
    for one in writers:
        one._sink.gate.set()
    for one in writers:
        one.close()


def log(one, it):
    one.rows["a"]((it, 0.0, 0.0))


def wait_until(condition, timeout_s=20):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


def alive(before, name="pyexp-log"):
    return [thread for thread in threading.enumerate() if thread not in before and thread.name == name]


def test_one_thread_for_all(writers):
    before = {*threading.enumerate()}
    for it in range(3):
        for one in writers:
            log(one, it)
        for one in writers:
            one.flush()
            assert one._sink.rows == [*range(it + 1)]
    assert len(alive(before)) == 1


@pytest.mark.slow
def test_nothing_is_awake_when_nothing_waits(writers, monkeypatch, thread):
    monkeypatch.setattr(writer, "_IDLE_TICKS", 2)
    before = {*threading.enumerate()}
    for one in writers:
        log(one, 0)
    wait_until(lambda: all(one.state is State.ASLEEP for one in writers))
    wait_until(lambda: not alive(before, "pyexp-log-stalls"))
    rounds = []
    with monkeypatch.context() as patch:
        patch.setattr(thread, "_next_round", lambda: rounds.append(1) or [])
        threading.Event().wait(3 * shared_thread.TICK_S)
        assert rounds == []
    log(writers[3], 1)
    wait_until(lambda: writers[3]._sink.rows == [0, 1])


@pytest.mark.slow
def test_stalled_files_keep_no_others(writers):
    before = {*threading.enumerate()}
    stalled, others = writers[:3], writers[3:]
    for one in stalled:
        one._sink.gate.clear()
    for it in range(3):
        for one in writers:
            log(one, it)
        for one in others:
            one.flush()
            assert one._sink.rows == [*range(it + 1)]
    assert not any(one._sink.rows for one in stalled)
    for one in stalled:
        one._sink.gate.set()
    for one in stalled:
        one.flush()
        assert one._sink.rows == [0, 1, 2]
    wait_until(lambda: len(alive(before)) == 1)


@pytest.mark.slow
def test_a_file_that_stalled_is_written_by_one_thread_at_a_time(writers):
    writers[0]._sink.gate.clear()
    log(writers[0], 0)
    assert writers[0]._sink.entered.wait(20)
    for it in range(1, 4):
        log(writers[0], it)
        log(writers[1], it)
        writers[1].flush()
    writers[0]._sink.gate.set()
    writers[0].flush()
    assert writers[0]._sink.rows == [0, 1, 2, 3]


@pytest.mark.slow
def test_without_another_thread_the_one_that_watches_serves_the_others(writers, monkeypatch):
    """As while the interpreter is exiting."""
    writers[0]._sink.gate.clear()
    log(writers[0], 0)
    assert writers[0]._sink.entered.wait(20)

    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for one in writers[1:]:
        log(one, 7)
        one.close()
        assert one._sink.rows == [7]


def test_the_thread_ends_with_the_last_writer(writers, thread):
    before = {*threading.enumerate()}
    for one in writers:
        log(one, 0)
    for one in writers[1:]:
        one.close()
    assert len(alive(before)) == 1
    writers[0].close()
    wait_until(lambda: not alive(before))
    late = Writer(Memory())
    log(late, 1)
    late.close()
    assert late._sink.rows == [1]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_thread_of_its_own_beside_a_stalled_one(tmp_path):
    program = """
        import os, sys, threading, time
        from pyexp.log import Logger, close_all
        from pyexp.log.eventfile import sink
        loggers = [Logger(os.path.join(sys.argv[1], str(number))) for number in range(3)]
        go, entered, write, parent = threading.Event(), threading.Event(), sink._write_all, os.getpid()

        def stall(*arguments):
            if os.getpid() == parent and not go.is_set():
                entered.set()
                go.wait(20)
            return write(*arguments)

        sink._write_all = stall
        loggers[0].add_scalar("a", 1)
        entered.wait(20)
        child = os.fork()
        if not child:
            for logger in loggers[1:]:
                logger.add_scalar("child", 1)
            close_all()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        go.set()
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(program), tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert LogReader(tmp_path / "0").load_scalars("a") == [(0, 1.0)]
    for number in (1, 2):
        assert LogReader(tmp_path / str(number)).load_scalars("child") == [(0, 1.0)]


COLLECTING = """
import gc, sys, threading
from pyexp.log import Logger

class Thread(threading.Thread):
    def _set_ident(self):  # before `start` returns
        super()._set_ident()
        if gc.isenabled():
            gc.collect()

gc.set_threshold(100_000)
threading.Thread = Thread
garbage = [Logger(sys.argv[1] + "/dropped")]
garbage.append(garbage)
del garbage
with Logger(sys.argv[1] + "/kept") as logger:
    logger.add_scalar("x", 1.0)
assert gc.isenabled()
"""


@pytest.mark.slow
def test_garbage_that_is_collected_in_the_new_thread_does_not_stop_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING, tmp_path], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
