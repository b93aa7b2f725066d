"""What a run in this process prints past Python's streams, where it has the process to itself and where it does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pyexp.executors.descriptor_capture import captured_descriptors, terminal_descriptor
from support.scripts import Script
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="streams alone are captured there")

# Handlers are bound to the streams of the script, before the run; a sink holds the stream as loguru does.
PRINTING = """
import ctypes, faulthandler, logging

logging.basicConfig(format="handler %(message)s", level="INFO")
sink = sys.stderr.write
libc = ctypes.CDLL(None)

@pyexp.experiment(executor="inline")
def exp(config):
    print("print")
    logging.info("log")
    sink("sink\\n")
    libc.puts(b"c output")
    os.write(1, b"to 1\\n")
    os.write(2, b"to 2\\n")
    subprocess.run(["echo", "child"])
    print("dunder", file=sys.__stdout__)
    faulthandler.dump_traceback()

exp.configs(lambda: [{}])

@exp.report
def report(results):
    os.write(1, b"after\\n")
    libc.puts(b"c after")
    print("print after")
"""
SENTENCES = ("print", "handler log", "sink", "c output", "to 1", "to 2", "child", "dunder")


@pytest.fixture
def script(tmp_path):
    made = Script(tmp_path)
    yield made
    made.end()


@pytest.mark.slow
def test_f18_everything_is_in_the_log_where_a_run_has_the_process(script):
    done = script.write(PRINTING).run()

    assert done.returncode == 0, done.stderr
    (run,) = script.runs()
    lines = (run / "log.out").read_text().splitlines()
    assert [line for line in SENTENCES if line not in lines] == []
    assert any(line.startswith("Current thread") for line in lines)
    assert not set(SENTENCES) & set(done.stdout.splitlines() + done.stderr.splitlines())
    assert set(done.stdout.splitlines()) == {"after", "c after", "print after"}


@pytest.mark.slow
def test_f18_it_is_said_where_runs_share_the_process(script):
    source = PRINTING.replace("def exp", "async def exp").replace("faulthandler.dump_traceback()", "")
    done = script.write(source).run()

    assert done.returncode == 0, done.stderr
    (run,) = script.runs()
    assert (run / "log.out").read_text() == "print\n"
    assert "note: the runs share this process" in done.stderr
    assert {"to 1", "child"} <= set(done.stdout.splitlines())


@pytest.mark.slow
def test_f18_sentence_of_ctrl_c_is_on_the_terminal(script):
    source = PRINTING.replace("faulthandler.dump_traceback()", "(HERE / 'here').touch(); time.sleep(600)")
    process = script.write(source).start()
    wait_until((script.folder / "here").exists, what="the run")

    process.send_signal(signal.SIGINT)

    _, told = process.communicate(timeout=30)
    assert "stopping: the runs get" in told


@pytest.mark.slow
def test_f18_debugger_is_on_the_terminal(script):
    source = PRINTING.replace('print("print")', 'print("print"); breakpoint(); os.write(1, b"stopped\\n")')

    done = script.write(source).run(stdin=subprocess.PIPE)  # the end of its input quits the debugger

    assert "(Pdb)" in done.stdout


def test_captures_may_be_nested_and_ended_twice(tmp_path):
    with open(tmp_path / "outer", "wb") as outer, open(tmp_path / "inner", "wb") as inner:
        with captured_descriptors(outer.fileno()) as first:
            os.write(1, b"1")
            with captured_descriptors(inner.fileno()):
                os.write(2, b"2")
                terminal = terminal_descriptor()
            os.write(2, b"3")
            assert first is not None
            assert terminal == terminal_descriptor() == first.before[1]
            first.restore()
        assert terminal_descriptor() == 2

    assert (tmp_path / "outer").read_bytes() == b"13"
    assert (tmp_path / "inner").read_bytes() == b"2"
