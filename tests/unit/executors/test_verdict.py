from __future__ import annotations

import pytest

from pyexp.executors import verdict
from pyexp.executors.verdict import ended_early


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log.out"


@pytest.mark.parametrize(
    ("code", "sentence", "exit_code", "signal"),
    [
        (0, "ProcessExited: the run's process exited with code 0 before it returned a result", 0, None),
        (3, "ProcessExited: the run's process exited with code 3 before it returned a result", 3, None),
        (-11, "ProcessKilled: killed by SIGSEGV", None, "SIGSEGV"),
        (-9, "ProcessKilled: killed by SIGKILL: out of memory, perhaps", None, "SIGKILL"),
        (-50, "ProcessKilled: killed by signal 50", None, "signal 50"),
    ],
)
def test_code_is_told_in_a_sentence(log, code, sentence, exit_code, signal):
    failed = ended_early(7, code, log)

    assert failed.error == sentence
    assert (failed.pid, failed.exit, failed.signal) == (7, exit_code, signal)


def test_end_of_the_log_is_shown(log):
    log.write_bytes(b"".join(b"line %d \xff\n" % n for n in range(1000)))

    lines = ended_early(7, 1, log).error.splitlines()

    assert lines[2] == f"The last lines of {log}:"
    assert lines[3:] == [f"line {n} \ufffd" for n in range(980, 1000)]


def crash(threads, frames=30):
    """What faulthandler leaves: the crashed thread first, each stack innermost frame first."""
    ours = "".join(f'  File "{verdict._PACKAGE}executors/invoke.py", line {n} in run\n' for n in range(5))
    stacks = [
        f"Thread 0x{thread:08x} (most recent call first):\n"
        + "".join(f'  File "/user/t{thread}.py", line {n} in deep\n' for n in range(frames))
        + ours
        for thread in range(threads)
    ]
    return "Fatal Python error: Segmentation fault\n\n" + "\n".join(stacks) + "\nExtension modules: a, b (total: 2)\n"


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("before", [b"", b"epoch 1\n" * 5000])
@pytest.mark.parametrize("frames", [1, 30, 400])
def test_a_crash_shows_the_innermost_frames_of_the_user(log, before, threads, frames):
    log.write_bytes(before + crash(threads, frames).encode())

    error = ended_early(7, -11, log).error

    assert error.startswith("ProcessKilled: killed by SIGSEGV\n\nFatal Python error: Segmentation fault\n")
    assert "epoch" not in error
    assert '  File "/user/t0.py", line 0 in deep' in error
    assert "invoke.py" not in error
    assert error.count("/user/t0.py") == min(frames, 20)
    assert len(error.splitlines()) <= 110


def test_output_after_a_crash_report_of_a_child_of_the_run_is_not_hidden_by_it(log):
    log.write_text("nothing of the kind\n" * 3)
    assert "The last lines of" in ended_early(7, -11, log).error
