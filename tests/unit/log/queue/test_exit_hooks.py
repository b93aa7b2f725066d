"""Ends and forks of whole processes, seen from outside."""

import os
import statistics
import struct
import subprocess
import sys
import textwrap
import time

import pytest

from pyexp.log import Logger, LogReader, close_all, flush_all

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def run(script, *arguments, timeout=30):
    code = "from pyexp.log import Logger, LogReader, close_all, flush_all\nimport os, sys\n" + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.slow
def test_exit_without_flush_loses_nothing(tmp_path):
    done = run(
        """
        logger = Logger(sys.argv[1])
        for number in range(1000):
            logger.add_scalar("x", number)
        logger.add_text("t", "last")
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    reader = LogReader(tmp_path)
    assert len(reader.load_scalars("x")) == 1000
    assert reader["t"] == (0, "last")


@pytest.mark.slow
def test_a_logger_dropped_just_before_the_exit_loses_nothing(tmp_path):
    done = run(
        """
        def log():
            logger = Logger(sys.argv[1])
            for number in range(300_000):
                logger.add_scalar("x", number)
        log()
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert LogReader(tmp_path).point_count("x") == 300_000


@pytest.mark.slow
def test_an_uncaught_exception_loses_nothing(tmp_path):
    done = run("logger = Logger(sys.argv[1]); logger.add_scalar('x', 1); raise SystemExit('bye')", tmp_path)
    assert done.returncode == 1
    assert LogReader(tmp_path).load_scalars("x") == [(0, 1.0)]


@pytest.mark.slow
def test_logging_while_the_interpreter_ends(tmp_path):
    done = run(
        """
        import atexit
        logger = Logger(sys.argv[1])
        atexit.register(lambda: logger.add_scalar("late", 1))
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert LogReader(tmp_path).load_scalars("late") == [(0, 1.0)]


@pytest.mark.slow
@pytest.mark.parametrize("function", ["flush_all", "close_all"])
def test_os_exit_after_flushing(tmp_path, function):
    done = run(
        f"""
        loggers = [Logger(os.path.join(sys.argv[1], str(number))) for number in range(3)]
        for logger in loggers:
            logger.add_scalar("x", 1)
        {function}()
        os._exit(3)
        """,
        tmp_path,
    )
    assert done.returncode == 3
    assert all(LogReader(tmp_path / str(number)).load_scalars("x") == [(0, 1.0)] for number in range(3))


ENDLESS = """
import mmap, struct, sys, time
from pyexp.log import Logger
logger = Logger(sys.argv[1])
with open(sys.argv[2], "r+b") as file:
    last = mmap.mmap(file.fileno(), 8)  # outlives us
while True:
    now = time.time()
    logger.add_scalar("time", now)
    last[:] = struct.pack("d", now)
    time.sleep(0.001)
"""


def seconds_lost_by_a_kill(folder, last_logged, after_s):
    """By the child's clock: how long the machine took to kill it, or did not let it run at all, is not our loss."""
    last_logged.write_bytes(bytes(8))
    with subprocess.Popen([sys.executable, "-c", ENDLESS, folder, last_logged]) as child:
        end = time.monotonic() + 20
        while last_logged.read_bytes() == bytes(8) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(after_s)
        child.kill()
    (logged,) = struct.unpack("d", last_logged.read_bytes())
    return logged - LogReader(folder).load_scalars("time")[-1][1]


@pytest.mark.slow
def test_a_kill_loses_what_was_logged_in_the_last_tenth_of_a_second(tmp_path):
    lost = [seconds_lost_by_a_kill(tmp_path / str(n), tmp_path / "last", 0.3 + n * 0.013) for n in range(5)]
    assert statistics.median(lost) < 0.1
    assert max(lost) < 0.2  # the writer waits for a processor, too


@pytest.mark.slow
def test_logging_goes_on_after_a_kill(tmp_path):
    seconds_lost_by_a_kill(tmp_path / "run", tmp_path / "last", 0.3)
    values = LogReader(tmp_path / "run").load_scalars("time")
    with Logger(tmp_path / "run") as logger:
        logger.add_scalar("again", 1)
    reader = LogReader(tmp_path / "run")
    assert reader.load_scalars("time") == values
    assert reader.scalar_tags == {"time", "again"}


@pytest.mark.slow
@posix
def test_a_fork_while_the_queue_is_full(tmp_path):
    done = run(
        """
        logger = Logger(sys.argv[1])
        for number in range(20_000):
            logger.add_scalar("parent", number)
        logger.add_text("text", "of the parent")
        child = os.fork()
        if not child:
            logger.add_scalar("child", 1)
            logger.add_checkpoint("model", {"of": "child"})
            close_all()
            os._exit(0)
        for number in range(20_000, 40_000):
            logger.add_scalar("parent", number)
        assert os.waitpid(child, 0)[1] == 0
        logger.close()
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    reader = LogReader(tmp_path)
    assert [value for _, value in reader.load_scalars("parent")] == list(range(40_000))
    assert reader.load_scalars("child") == [(0, 1.0)]
    assert reader.load_text("text") == [(0, "of the parent")]
    assert reader["model"] == (0, {"of": "child"})
    assert reader.damage == 0
    assert len(reader.attempts) == 1


@pytest.mark.slow
@posix
@pytest.mark.parametrize("use_protobuf", [True, False])
def test_forked_children_of_multiprocessing(tmp_path, use_protobuf):
    done = run(
        """
        import multiprocessing
        logger = Logger(sys.argv[1], sys.argv[2] == "True")
        logger.add_scalar("parent", 1)
        def work(number):
            for value in range(100):
                logger.add_scalar(f"child {number}", value)
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=work, args=(number,)) for number in range(4)]
        for child in children: child.start()
        for child in children: child.join()
        logger.add_scalar("parent", 2)
        """,
        tmp_path,
        use_protobuf,
    )
    assert (done.returncode, done.stderr) == (0, "")
    reader = LogReader(tmp_path)
    assert reader.load_scalars("parent") == [(0, 1.0), (1, 2.0)]
    for number in range(4):
        assert len(reader.load_scalars(f"child {number}")) == 100


@pytest.mark.slow
@posix
def test_a_forked_child_that_logs_nothing_writes_nothing(tmp_path):
    done = run(
        """
        logger = Logger(sys.argv[1])
        logger.add_scalar("x", 1)
        logger.flush()
        size = os.path.getsize(sys.argv[1] + "/events.pb")
        child = os.fork()
        if not child:
            close_all()
            os._exit(0)
        os.waitpid(child, 0)
        assert os.path.getsize(sys.argv[1] + "/events.pb") == size
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@posix
def test_a_full_disk_is_reported_and_the_exit_is_quick(tmp_path):
    done = run(
        """
        import resource, time
        logger = Logger(sys.argv[1])
        logger.add_scalar("x", 1)
        logger.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        logger.add_checkpoint("big", bytes(5000))
        try:
            logger.flush()
        except OSError as error:
            print(type(error).__name__, error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        logger.add_scalar("x", 2)
        logger.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        logger.add_scalar("x", 3)
        """,
        tmp_path,
        timeout=10,
    )
    assert "LogWriteError the log could not be written" in done.stdout
    assert "LogWriteError" in done.stderr
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(0, 1.0), (1, 2.0)]
    assert len(reader["big"][1]) == 5000
    assert reader.damage == 0


KEEP = """
import fcntl, sys
file = open(sys.argv[1], "rb")
fcntl.flock(file, fcntl.LOCK_EX)
print("kept", flush=True)
sys.stdin.read()
"""


@posix
@pytest.mark.slow
def test_an_unused_logger_waits_little_for_a_file_that_another_process_keeps(tmp_path):
    logger = Logger(tmp_path)
    keeping = [sys.executable, "-c", KEEP, tmp_path / "events.pb"]
    with subprocess.Popen(keeping, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"kept\n"
            begin = time.monotonic()
            logger.close()
            assert time.monotonic() - begin < 5
        finally:
            other.kill()
    assert len(LogReader(tmp_path).attempts) == 1


@posix
@pytest.mark.parametrize(("logs", "limit_s"), [(False, 4), (True, 7.5)])
@pytest.mark.slow
def test_the_exit_waits_little_for_a_file_that_another_process_keeps(tmp_path, logs, limit_s):
    begin = time.monotonic()
    done = run(
        """
        import subprocess
        logger = Logger(sys.argv[1])
        keeping = [sys.executable, "-c", sys.argv[2], sys.argv[1] + "/events.pb"]
        other = subprocess.Popen(keeping, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        other.stdout.readline()  # it ends when we have
        if sys.argv[3] == "True":
            logger.add_scalar("x", 1)
            try:
                logger.flush(4)
            except OSError as error:
                print(error)
        """,
        tmp_path,
        KEEP,
        logs,
    )
    assert time.monotonic() - begin < limit_s
    assert done.returncode == 0
    assert done.stdout.count("are not in the file after 4 s") == logs


def test_all_loggers_at_once(tmp_path):
    loggers = [Logger(tmp_path / str(number)) for number in range(4)]
    for logger in loggers:
        logger.add_scalar("x", 1)
    flush_all()
    assert all(LogReader(logger.path).load_scalars("x") for logger in loggers)
    close_all()
    close_all()


def test_the_package_imports_nothing_by_itself():
    code = "import sys, pyexp.log; print([name for name in sys.modules if name.startswith('pyexp.log.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_scalars_need_neither_protobuf_nor_numpy(tmp_path):
    done = run(
        """
        with Logger(sys.argv[1]) as logger:
            logger.add_scalar("x", 1)
        print(LogReader(sys.argv[1]).load_scalars("x"))
        print([name for name in ("google", "google.protobuf", "numpy", "cloudpickle", "asyncio") if name in sys.modules])
        """,
        tmp_path,
    )
    assert done.stdout.split("\n")[:2] == ["[(0, 1.0)]", "[]"], done.stderr
