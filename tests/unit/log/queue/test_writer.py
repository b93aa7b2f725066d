"""The writer against sinks that fail, stall and recover."""

import threading
import time
from contextlib import suppress

import pytest

from pyexp.errors import LogError, LogWriteError
from pyexp.log.queue import back_pressure, buffers, exit_hooks, patience, shared_thread
from pyexp.log.queue import writer as writer_module
from pyexp.log.queue.back_pressure import Flow
from pyexp.log.queue.writer import State, Writer
from pyexp.log.values.events import Content, Item


class Memory:
    """A sink that keeps what it gets; fails while `error` is set, stalls while `gate` is not."""

    def __init__(self):
        self.rows = []
        self.items = []
        self.error = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.closed = 0

    def prepare(self, scalars, items):
        rows = [(points.tag, *row) for points in scalars for row in zip(points.iterations, points.values, strict=True)]

        def append():
            self.entered.set()
            self.gate.wait(30)
            if self.error:
                raise self.error
            self.rows += rows
            self.items += [(item.tag, iteration) for item, iteration in items]

        return append

    def close(self):
        self.closed += 1

    def release(self):
        pass

    def reopened(self):
        return self


def item(tag="t", size=1, iteration=None):
    return Item(kind="text", tag=tag, iteration=iteration, time=0.0, contents=(Content("text/plain", b"x" * size),))


@pytest.fixture(autouse=True)
def thread(monkeypatch):
    """A thread for the writers of one test."""
    monkeypatch.setattr(shared_thread, "thread", shared_thread.SharedThread())
    return shared_thread.thread


@pytest.fixture
def sink():
    return Memory()


@pytest.fixture
def writer(sink):
    writer = Writer(sink)
    yield writer
    sink.error = None
    sink.gate.set()
    with suppress(LogWriteError):  # what a test did not look at
        writer.close()


def wait_until(condition, timeout_s=10):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


@pytest.mark.slow
def test_rows_arrive_without_a_flush(writer, sink):
    writer.rows["a"]((3, 1.5, 0.0))
    wait_until(lambda: sink.rows)
    assert sink.rows == [("a", 3, 1.5)]


def test_flush_waits_for_everything(writer, sink):
    for number in range(10_000):
        writer.rows["a"]((number, 1.0, 0.0))
    writer.put(item())
    writer.flush()
    assert sink.rows == [("a", number, 1.0) for number in range(10_000)]
    assert sink.items == [("t", 0)]
    assert writer.waiting() == 0


def test_what_has_no_iteration_is_counted_per_kind_and_tag(writer, sink):
    for tag in ("a", "b", "a"):
        writer.rows[tag]((None, 1.0, 0.0))
        writer.put(item(tag))
        writer.flush()
    assert sorted(sink.rows) == [("a", 0, 1.0), ("a", 1, 1.0), ("b", 0, 1.0)]
    assert sorted(sink.items) == [("a", 0), ("a", 1), ("b", 0)]


def test_counted_and_given_iterations_may_mix(writer, sink):
    for it in (None, None, 7, None):
        writer.rows["a"]((it, 0.0, 0.0))
    writer.flush()
    assert [it for _, it, _ in sink.rows] == [0, 1, 7, 2]


@pytest.mark.slow
def test_a_failure_surfaces_once_and_nothing_is_lost(writer, sink):
    sink.error = OSError(28, "No space left on device")
    writer.rows["a"]((0, 0.0, 0.0))
    wait_until(lambda: writer.gate.flow is Flow.FAILING)
    with pytest.raises(LogWriteError, match="No space left") as caught:
        writer.rows["a"]((1, 1.0, 0.0))
    assert caught.value.__cause__ is sink.error
    writer.rows["a"]((2, 2.0, 0.0))
    sink.error = None
    writer.flush()
    assert sink.rows == [("a", 0, 0.0), ("a", 2, 2.0)]


def test_flush_raises_while_the_disk_is_full(writer, sink):
    sink.error = OSError(28, "No space left on device")
    writer.put(item())
    for _ in range(2):
        with pytest.raises(LogWriteError, match="No space left"):
            writer.flush()
    sink.error = None
    writer.flush()
    assert sink.items == [("t", 0)]


def test_a_full_disk_and_a_full_queue_refuse_the_event(writer, sink, monkeypatch):
    monkeypatch.setattr(back_pressure, "MAX_WAITING_POINTS", 100)
    sink.error = OSError(28, "No space left on device")
    writer.rows["a"]((0, 0.0, 0.0))
    with pytest.raises(LogWriteError, match="No space left"):
        writer.flush()
    for number in range(99):
        writer.rows["a"]((number, 0.0, 0.0))
    with pytest.raises(LogWriteError, match="refused"):
        writer.rows["a"]((0, 0.0, 0.0))
    sink.error = None
    writer.flush()
    assert len(sink.rows) == 100


@pytest.mark.slow
def test_an_absurd_event_is_dropped_reported_and_no_longer_counted(writer, sink, monkeypatch):
    monkeypatch.setattr(back_pressure, "MAX_WAITING_BYTES", 3000)
    sink.error = ValueError("too large")
    writer.put(item(size=2000))
    with pytest.raises(LogWriteError, match="too large"):
        writer.flush()
    sink.error = None
    sink.gate.clear()
    sink.entered.clear()
    writer.put(item("later"))
    assert sink.entered.wait(10)
    writer.put(item("fits", size=1000))  # beside the one that is being written
    sink.gate.set()
    writer.flush()
    assert sink.items == [("later", 0), ("fits", 0)]


@pytest.mark.slow
def test_a_healthy_disk_leaves_callers_alone(writer, sink):
    for number in range(5):
        writer.rows["a"]((number, 0.0, 0.0))
        wait_until(lambda row=number: len(sink.rows) > row)
        assert "a" in writer.rows.direct


@pytest.mark.slow
def test_a_stalled_disk_slows_the_callers_of_scalars(writer, sink, monkeypatch):
    monkeypatch.setattr(back_pressure, "MAX_WAITING_POINTS", 1000)
    sink.gate.clear()
    writer.rows["a"]((0, 0.0, 0.0))
    assert sink.entered.wait(10)
    wait_until(lambda: writer.gate.flow is Flow.SLOWED)
    logged = []

    def log():
        for number in range(1, 3000):
            writer.rows["a"]((number, 0.0, 0.0))
            logged.append(number)

    thread = threading.Thread(target=log)
    thread.start()
    wait_until(lambda: len(logged) >= 900)
    assert not sink.rows
    thread.join(0.3)
    assert thread.is_alive()
    assert len(logged) <= 1000 + 64
    sink.gate.set()
    thread.join(10)
    writer.flush()
    assert [it for _, it, _ in sink.rows] == list(range(3000))


@pytest.mark.slow
def test_a_stalled_disk_slows_the_callers_of_objects(writer, sink, monkeypatch):
    monkeypatch.setattr(back_pressure, "MAX_WAITING_BYTES", 1000)
    sink.gate.clear()
    writer.put(item(size=900))
    assert sink.entered.wait(10)
    thread = threading.Thread(target=writer.put, args=(item("second", 900),))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    sink.gate.set()
    thread.join(10)
    writer.flush()
    assert [tag for tag, _ in sink.items] == ["t", "second"]


@pytest.mark.slow
def test_flush_and_close_give_up_in_time(sink):
    writer = Writer(sink)
    sink.gate.clear()
    writer.put(item())
    assert sink.entered.wait(10)
    with pytest.raises(LogWriteError, match=r"1 logged events are not in the file after 0\.05 s"):
        writer.flush(0.05)
    with pytest.raises(LogWriteError, match="1 logged events could not be written"):
        writer.close(0.05)
    sink.gate.set()
    wait_until(lambda: writer.state is State.CLOSED)
    assert sink.items == [("t", 0)]


@pytest.mark.slow
def test_closing_takes_as_long_as_there_is_progress(sink, monkeypatch):
    monkeypatch.setattr(buffers, "_TAGS_AT_ONCE", 2)
    prepare = sink.prepare

    def prepare_slowly(scalars, items):
        time.sleep(0.05)
        return prepare(scalars, items)

    monkeypatch.setattr(sink, "prepare", prepare_slowly)
    writer = Writer(sink)
    for number in range(40):
        writer.rows[f"t{number}"]((0, 0.0, 0.0))
    writer.close(0.5)
    assert len(sink.rows) == 40
    assert sink.closed == 1


@pytest.mark.slow
def test_a_stalled_disk_keeps_all_writers_together_only_once(sink, monkeypatch):
    writers = [Writer(sink) for _ in range(3)]
    monkeypatch.setattr(exit_hooks, "_writers", set(writers))
    sink.gate.clear()
    for writer in writers:
        writer.put(item())
    begin = time.monotonic()
    with pytest.raises(LogWriteError, match="1 logged events could not be written"):
        exit_hooks.close_all(0.5)
    assert 0.5 <= time.monotonic() - begin < 1
    exit_hooks.close_all(0.5)  # told once
    sink.gate.set()
    wait_until(lambda: all(writer.state is State.CLOSED for writer in writers))
    assert len(sink.items) == 3


def test_closing_writes_what_waits_and_ends_the_thread(sink):
    threads = {*threading.enumerate()}
    writer = Writer(sink)
    writer.rows["a"]((0, 0.0, 0.0))
    writer.close()
    writer.close()
    assert sink.rows == [("a", 0, 0.0)]
    assert sink.closed == 1
    wait_until(lambda: all(thread in threads or thread.name != "pyexp-log" for thread in threading.enumerate()))
    with pytest.raises(LogError, match="closed"):
        writer.rows["a"]((0, 0.0, 0.0))
    with pytest.raises(LogError, match="closed"):
        writer.put(item())
    writer.flush()


def test_closing_reports_what_is_lost(sink):
    writer = Writer(sink)
    sink.error = OSError(28, "No space left on device")
    writer.put(item())
    with pytest.raises(LogWriteError, match="No space left"):
        writer.close()


def test_an_idle_writer_sleeps_and_wakes(writer, sink, monkeypatch):
    monkeypatch.setattr(writer_module, "_IDLE_TICKS", 2)
    monkeypatch.setattr(shared_thread, "TICK_S", 0.005)
    writer.rows["a"]((0, 0.0, 0.0))
    wait_until(lambda: sink.rows and writer.state is State.ASLEEP)
    assert not writer.rows.direct
    writer.rows["a"]((1, 0.0, 0.0))
    wait_until(lambda: len(sink.rows) == 2)


@pytest.mark.slow
@pytest.mark.parametrize("needs_lock", [True, False])
def test_many_threads_lose_nothing(sink, needs_lock):
    writer = Writer(sink, needs_lock=needs_lock)

    def log(name):
        for number in range(5000):
            writer.rows[f"t{number % 3}"]((number, name, 0.0))

    threads = [threading.Thread(target=log, args=(float(name),)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(sink.rows) == 40_000
    for name in range(8):
        mine = [it for tag, it, value in sink.rows if value == name and tag == "t1"]
        assert mine == [number for number in range(5000) if number % 3 == 1]


@pytest.mark.parametrize(("tag", "error"), [(3, TypeError), (None, TypeError), ("\ud800", ValueError)])
def test_bad_tags_are_refused_and_leave_nothing(writer, sink, tag, error):
    with pytest.raises(error):
        writer.rows[tag]((0, 0.0, 0.0))
    writer.rows["good"]((0, 0.0, 0.0))
    writer.flush()
    assert sink.rows == [("good", 0, 0.0)]


def test_each_flush_that_failed_raises(writer, sink):
    sink.error = OSError(28, "No space left on device")
    writer.put(item())
    flushes = [writer.ask() for _ in range(4)]
    for flush in flushes:
        with pytest.raises(LogWriteError, match="No space left"):
            writer.wait(flush)
    sink.error = None
    writer.put(item("later"))  # told already
    writer.flush()
    assert [tag for tag, _ in sink.items] == ["t", "later"]


@pytest.mark.slow
def test_concurrent_flushes_that_failed_all_raise(writer, sink):
    sink.gate.clear()
    writer.put(item())
    assert sink.entered.wait(10)
    sink.error = OSError(28, "No space left on device")
    ended = []

    def wait(flush):
        try:
            writer.wait(flush)
        except LogWriteError as error:
            ended.append(error)

    threads = [threading.Thread(target=wait, args=(writer.ask(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    sink.gate.set()
    for thread in threads:
        thread.join(10)
    assert [error.__cause__ for error in ended] == [sink.error] * 4


class Picky(Memory):
    """Refuses what bears the tag *bad*, whether alone or among others."""

    def prepare(self, scalars, items):
        if "bad" in [points.tag for points in scalars] + [item.tag for item, _ in items]:
            raise ValueError("too large")
        return super().prepare(scalars, items)


def test_only_the_event_that_cannot_be_written_is_dropped():
    sink = Picky()
    writer = Writer(sink)
    for tag in ("a", "bad", "b"):
        writer.rows[tag]((0, 0.0, 0.0))
        writer.put(item(tag))
    with pytest.raises(LogWriteError, match="1 events of the tag 'bad' are dropped: too large"):
        writer.flush()
    writer.put(item("later"))
    writer.close()
    assert sorted(sink.rows) == [("a", 0, 0.0), ("b", 0, 0.0)]
    assert [tag for tag, _ in sink.items] == ["a", "b", "later"]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (("a", "b", "bad", "c"), ("No space left", "'bad' are dropped")),
        (("a", "bad", "b", "c"), ("'bad' are dropped",)),  # the full disk comes after, and is over by the next try
    ],
)
def test_a_full_disk_among_the_parts_of_a_batch_loses_none(monkeypatch, tags, told):
    sink = Picky()
    writer = Writer(sink)
    prepare = sink.prepare
    alone = []

    def prepare_then_fail(scalars, items):
        append = prepare(scalars, items)
        if len(items) == 1:
            alone.append(items)
            if len(alone) == 2:
                raise OSError(28, "No space left on device")
        return append

    monkeypatch.setattr(sink, "prepare", prepare_then_fail)
    monkeypatch.setattr(shared_thread, "TICK_S", 30.0)
    for tag in tags:
        writer.put(item(tag))
    for expected in told:
        with pytest.raises(LogWriteError, match=expected):
            writer.flush()
    writer.close()
    assert [tag for tag, _ in sink.items] == ["a", "b", "c"]


@pytest.mark.slow
def test_small_objects_count_too(writer, sink, monkeypatch):
    monkeypatch.setattr(back_pressure, "MAX_WAITING_BYTES", 10_000)
    sink.gate.clear()
    writer.put(item())
    assert sink.entered.wait(10)
    queued = []

    def log():
        for number in range(100):
            writer.put(item(size=0))
            queued.append(number)

    thread = threading.Thread(target=log)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert 10 <= len(queued) <= 20
    sink.gate.set()
    thread.join(10)
    writer.flush()
    assert len(sink.items) == 101


def refuse_threads(monkeypatch, times):
    start = threading.Thread.start
    refused = []

    def refusing(thread):
        if thread.name == "pyexp-log" and len(refused) < times:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refusing)
    return refused


@pytest.mark.slow
def test_a_thread_that_is_refused_is_started_at_a_later_call(sink, monkeypatch):
    writer = Writer(sink)
    refused = refuse_threads(monkeypatch, times=1)
    writer.rows["a"]((0, 0.0, 0.0))
    assert refused
    assert not writer.rows.direct
    writer.rows["a"]((1, 1.0, 0.0))
    wait_until(lambda: len(sink.rows) == 2)
    writer.close()


def test_without_any_thread_flushing_and_closing_write(sink, monkeypatch):
    writer = Writer(sink)
    refuse_threads(monkeypatch, times=99)
    writer.rows["a"]((0, 0.0, 0.0))
    writer.flush()
    assert sink.rows == [("a", 0, 0.0)]
    writer.put(item())
    writer.close()
    assert sink.items == [("t", 0)]
    assert sink.closed == 1


@pytest.mark.slow
def test_flushing_without_a_thread_writes_nothing_twice(sink, monkeypatch):
    writer = Writer(sink)
    refuse_threads(monkeypatch, times=1)
    writer.rows["a"]((0, 0.0, 0.0))
    sink.gate.clear()
    refuse_threads(monkeypatch, times=1)
    threads = [threading.Thread(target=writer.flush)]
    threads[0].start()
    assert sink.entered.wait(10)
    threads.append(threading.Thread(target=writer.rows["a"], args=((1, 1.0, 0.0),)))
    threads[1].start()
    threads[1].join(10)
    assert writer.state is State.AWAKE
    threads.append(threading.Thread(target=writer.close))
    threads[2].start()
    threads[2].join(0.2)
    sink.gate.set()
    for thread in threads:
        thread.join(10)
    assert sink.rows == [("a", 0, 0.0), ("a", 1, 1.0)]
    assert sink.closed == 1


def test_a_failed_close_is_told_once(sink, monkeypatch):
    writer = Writer(sink)
    monkeypatch.setattr(exit_hooks, "_writers", {writer})
    sink.error = OSError(28, "No space left on device")
    writer.put(item())
    with pytest.raises(LogWriteError, match="No space left"):
        writer.close()
    writer.close()
    exit_hooks.close_all()


@pytest.mark.slow
def test_a_close_after_a_flush_that_timed_out_waits_little(sink, monkeypatch):
    monkeypatch.setattr(patience, "GRACE_S", 0.1)
    writer = Writer(sink)
    sink.gate.clear()
    writer.put(item())
    with pytest.raises(LogWriteError, match="are not in the file"):
        writer.flush(0.5)
    begin = time.monotonic()
    with pytest.raises(LogWriteError, match="could not be written"):
        writer.close(0.5)
    assert time.monotonic() - begin < 0.4
    sink.gate.set()
    wait_until(lambda: writer.state is State.CLOSED)


def test_tags_that_cannot_be_hashed(writer):
    with pytest.raises(TypeError, match=r"a tag must be a string; found \['x'\] of type list"):
        writer.rows[["x"]]
