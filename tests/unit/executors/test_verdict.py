from __future__ import annotations

import pytest

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
