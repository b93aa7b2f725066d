"""Several processes that log one tag to one folder: whoever lives is not hidden, whoever died is."""

import subprocess
import sys
import textwrap

import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.folder.presence import Presence

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks there that several may hold")

WORKER = textwrap.dedent(
    """
    import os, signal, sys
    from pyexp.log import Logger
    logger = Logger(sys.argv[1], sys.argv[2] == "True")
    for number in range(100):
        logger.add_scalar("x", number)
        logger.add_text("t", str(number))
    logger.flush()
    print("logged", flush=True)
    sys.stdin.readline()
    for number in range(100, 200):
        logger.add_scalar("x", number)
    logger.flush()
    """
)


@pytest.fixture
def start(tmp_path):
    """Start workers, each with a log in the same folder; they wait after half of it."""
    started = []

    def start_one(use_protobuf):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(use_protobuf)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(worker)
        assert worker.stdout.readline() == "logged\n"
        return worker

    yield start_one
    for worker in started:
        worker.kill()
        worker.communicate()


def finish(worker):
    worker.communicate("go on\n", timeout=30)
    assert worker.returncode == 0


@both_formats
@pytest.mark.slow
def test_all_of_those_that_live_is_seen(tmp_path, use_protobuf, start):
    workers = [start(use_protobuf) for _ in range(3)]
    for worker in workers:
        finish(worker)
    reader = LogReader(tmp_path)
    assert len(reader.load_scalars("x")) == 600
    assert len(reader.entries("text")) == 300
    assert len(reader.attempts) == 3
    assert reader.refresh().hidden is False


@both_formats
@pytest.mark.slow
def test_those_that_were_killed_are_hidden_as_ever(tmp_path, use_protobuf, start):
    for worker in [start(use_protobuf), start(use_protobuf)]:
        worker.kill()
        worker.wait()
    finish(start(use_protobuf))
    assert LogReader(tmp_path).load_scalars("x") == [(number, float(number)) for number in range(200)]


@pytest.mark.slow
@both_formats
def test_the_logger_that_started_them_lives(tmp_path, use_protobuf, start):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("x", -1)
        logger.flush()
        finish(start(use_protobuf))
        logger.add_scalar("x", -2)
    values = [value for _, value in LogReader(tmp_path).load_scalars("x")]
    assert len(values) == 202
    assert {-1.0, -2.0} < set(values)


@both_formats
def test_a_second_logger_of_one_process_is_a_new_attempt(tmp_path, use_protobuf):
    first = Logger(tmp_path, use_protobuf)  # as in a cell of a notebook that is executed again
    first.add_scalar("x", 1)
    first.flush()
    with Logger(tmp_path, use_protobuf) as second:
        second.add_scalar("x", 2)
    first.close()
    assert LogReader(tmp_path).load_scalars("x") == [(0, 2.0)]


@pytest.mark.slow
@both_formats
def test_a_process_without_its_logger_is_gone(tmp_path, use_protobuf, start):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("x", -1)
    finish(start(use_protobuf))
    assert LogReader(tmp_path).load_scalars("x") == [(number, float(number)) for number in range(200)]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork here")
def test_a_forked_child_that_logs_nothing_is_not_there(tmp_path, start):
    program = textwrap.dedent(
        """
        import os, sys
        from pyexp.log import Logger
        logger = Logger(sys.argv[1])
        logger.add_scalar("x", -1)
        logger.flush()
        if os.fork():
            os._exit(0)
        os.close(1)
        sys.stdin.readline()
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, text=True)
    try:
        assert parent.wait(30) == 0
        finish(start(True))
        assert LogReader(tmp_path).load_scalars("x") == [(number, float(number)) for number in range(200)]
    finally:
        parent.stdin.close()


@pytest.mark.slow
def test_who_is_alone_in_a_folder(tmp_path, start):
    one = Presence(tmp_path)
    assert one.is_alone(tmp_path)
    two = Presence(tmp_path)
    assert not one.is_alone(tmp_path)
    two.leave()
    assert one.is_alone(tmp_path)
    one.leave()
    assert not one.is_alone(tmp_path)
    worker, one = start(use_protobuf=True), Presence(tmp_path)
    assert not one.is_alone(tmp_path)
    finish(worker)
    assert one.is_alone(tmp_path)
    (tmp_path / ".pyexp").unlink()
    assert not one.is_alone(tmp_path)
    (tmp_path / ".pyexp").touch()  # another one, which later loggers enter by
    assert not one.is_alone(tmp_path)
    one.leave()
