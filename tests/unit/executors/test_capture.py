from __future__ import annotations

import asyncio
import io
import sys
import threading

import pytest

from pyexp.executors.capture import captured, open_log


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log.out"


def test_both_streams_go_to_the_log_and_come_back(log, capsys):
    before = sys.stdout, sys.stderr, sys.breakpointhook
    with captured(log, 1, is_shown=False):
        print("one")
        print("two", file=sys.stderr)
        assert not sys.stdout.isatty()

    print("after")
    assert log.read_text() == "one\ntwo\n"
    assert (sys.stdout, sys.stderr, sys.breakpointhook) == before
    assert capsys.readouterr().out == "after\n"


def test_shown_output_goes_to_both(log, capsys):
    with captured(log, 1, is_shown=True):
        print("one")

    assert (log.read_text(), capsys.readouterr().out) == ("one\n", "one\n")


def test_lines_are_in_the_log_while_the_run_goes_on(log):
    with captured(log, 1, is_shown=False):
        print("one")
        assert log.read_text() == "one\n"


def test_bytes_and_odd_characters_arrive(log):
    with captured(log, 1, is_shown=False):
        sys.stdout.write("é\ud800|")
        sys.stdout.buffer.write(b"\xff\n")
        print("end")

    assert log.read_bytes() == "é\\ud800|".encode() + b"\xff\nend\n"


def test_stream_can_be_set_up_without_a_trace_on_the_terminals(log):
    before = sys.stdout.line_buffering, sys.stdout.errors, sys.stdout.name
    with captured(log, 1, is_shown=False):
        assert (sys.stdout.errors, sys.stdout.name) == before[1:]
        sys.stdout.reconfigure(line_buffering=False, errors="replace")
        assert not sys.stdout.line_buffering
        sys.stdout.write("\ud800")
        assert not hasattr(sys.stdout, "nothing")

    assert log.read_text() == "?"
    assert (sys.stdout.line_buffering, sys.stdout.errors, sys.stdout.name) == before


def test_stream_outside_of_the_capture_is_the_terminals_own(log, monkeypatch):
    monkeypatch.setattr(sys, "breakpointhook", lambda: sys.stderr.reconfigure(line_buffering=True))
    sys.stderr.reconfigure(line_buffering=False)
    with captured(log, 1, is_shown=False):
        kept = sys.stderr
        breakpoint()  # noqa: T100 — it suspends the capture

    assert kept.line_buffering is sys.stderr.line_buffering is True


def test_overlapping_runs_are_told_apart(tmp_path):
    async def run(name):
        with captured(tmp_path / name, 1, is_shown=False):
            for turn in range(3):
                print(name, turn)
                await asyncio.sleep(0)
            await asyncio.to_thread(print, name, "thread")

    async def main():
        await asyncio.gather(run("a"), run("b"))

    asyncio.run(main())
    for name in "ab":
        assert (tmp_path / name).read_text() == f"{name} 0\n{name} 1\n{name} 2\n{name} thread\n"


def test_thread_of_the_only_run_is_captured_too(log):
    with captured(log, 1, is_shown=False):
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()

    assert log.read_text() == "from a thread\n"


def test_breakpoint_suspends_the_capture(log, capsys, monkeypatch):
    def stop():
        print("prompt")

    monkeypatch.setattr(sys, "breakpointhook", stop)
    with captured(log, 1, is_shown=False):
        breakpoint()  # noqa: T100 — that is the test

    assert capsys.readouterr().out == "prompt\n"


def test_later_attempt_goes_on_under_a_header(log):
    with captured(log, 1, is_shown=False):
        sys.stdout.write("no newline")
    with captured(log, 2, is_shown=False):
        print("again")

    first, header, last = log.read_text().splitlines()
    assert (first, last) == ("no newline", "again")
    assert header.startswith("--- attempt 2, ")
    assert header.endswith(" ---")


def test_link_is_not_opened(log, tmp_path):
    log.symlink_to(tmp_path / "outside")

    with pytest.raises(OSError, match=r"log\.out"):
        open_log(log, 1)
    assert not (tmp_path / "outside").exists()


def test_a_stand_in_that_outlives_the_stream_goes_without_a_word(log, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with captured(log, 1, is_shown=False):
        kept = sys.stdout
    stream.close()

    kept.close()  # as its end does
    with captured(log, 1, is_shown=False):
        print("still captured")
    assert log.read_text().endswith("still captured\n")
