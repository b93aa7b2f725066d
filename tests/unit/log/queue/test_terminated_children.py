"""Children that log and are terminated, as pools do with their workers: what they took is in the file."""

import os
import subprocess
import sys
import textwrap

import pytest

from pyexp.log import LogReader

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

BEGIN = """
import multiprocessing, os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor
from pyexp.log import Logger, LogReader
folder = sys.argv[1]
fork = multiprocessing.get_context("fork")

def work(number):
    for it in range(10):
        logger.add_scalar("x", number * 10 + it)

def open_and_work(number):
    global logger
    if "logger" not in globals():
        logger = Logger(os.path.join(folder, str(os.getpid())))
    work(number)
"""

PROGRAMS = {
    "map": """
        logger = Logger(folder)
        with fork.Pool(4) as pool:
            pool.map(work, range(100))
    """,
    "imap_unordered": """
        logger = Logger(folder)
        with fork.Pool(3) as pool:
            for _ in pool.imap_unordered(work, range(100), chunksize=7):
                pass
    """,
    "apply_async": """
        logger = Logger(folder)
        pool = fork.Pool(2)
        for result in [pool.apply_async(work, (number,)) for number in range(100)]:
            result.get()
        pool.terminate()
        pool.join()
    """,
    "maxtasksperchild": """
        logger = Logger(folder)
        with fork.Pool(2, maxtasksperchild=9) as pool:
            pool.map(work, range(100), chunksize=3)
    """,
    "executor": """
        logger = Logger(folder)
        with ProcessPoolExecutor(3, mp_context=fork) as pool:
            list(pool.map(work, range(100)))
    """,
    "terminate": """
        logger = Logger(folder)
        read, write = os.pipe()
        def run():
            for number in range(100):
                work(number)
            os.write(write, b"!")
            time.sleep(60)
        process = fork.Process(target=run)
        process.start()
        os.read(read, 1)
        process.terminate()
        process.join()
        assert process.exitcode == -signal.SIGTERM, process.exitcode
    """,
    "bare fork": """
        logger = Logger(folder)
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            for number in range(100):
                work(number)
            os.write(write, b"!")
            time.sleep(60)
        os.read(read, 1)
        os.kill(pid, signal.SIGTERM)
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGTERM
    """,
    "a logger of its own": """
        with fork.Pool(3) as pool:
            pool.map(open_and_work, range(100))
    """,
    "json lines": """
        logger = Logger(folder, use_protobuf=False)
        with fork.Pool(4) as pool:
            pool.map(work, range(100))
    """,
}


def run(tmp_path, program):
    code = BEGIN + "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(program), "    ")
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, "-W", "ignore:.*fork:DeprecationWarning", script, tmp_path / "log"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    reader = LogReader(tmp_path / "log")
    runs = [reader] if reader.is_run else [reader.get_run(name) for name in reader.runs]
    return sorted(value for one in runs for _, value in one.load_scalars("x"))


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_lost(tmp_path, name):
    (tmp_path / "log").mkdir()
    assert run(tmp_path, PROGRAMS[name]) == [float(number) for number in range(1000)]


@pytest.mark.slow
def test_a_pool_of_spawned_workers(tmp_path):
    (tmp_path / "log").mkdir()
    program = """
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.map(open_and_work, range(100))
    """
    assert len(run(tmp_path, program)) == 1000


@pytest.mark.slow
def test_a_handler_of_the_program_stays(tmp_path):
    (tmp_path / "log").mkdir()
    program = """
        logger = Logger(folder)
        read, write = os.pipe()
        def end(*_):
            logger.add_scalar("x", 4242)
            sys.exit(3)
        def run():
            signal.signal(signal.SIGTERM, end)
            work(0)
            os.write(write, b"!")
            while True:  # Python calls no handler in a sleep that began just then
                time.sleep(0.05)
        process = fork.Process(target=run)
        process.start()
        os.read(read, 1)
        process.terminate()
        process.join()
        assert process.exitcode == 3, process.exitcode
    """
    assert run(tmp_path, program) == [*map(float, range(10)), 4242.0]


@pytest.mark.slow
def test_a_main_thread_that_python_cannot_interrupt(tmp_path):
    (tmp_path / "log").mkdir()
    program = """
        import ctypes
        logger = Logger(folder)
        read, write = os.pipe()
        def run():
            for number in range(100):
                work(number)
            os.write(write, b"!")
            ctypes.CDLL(None).system(b"exec sleep 20 > /dev/null 2>&1")
        process = fork.Process(target=run)
        process.start()
        os.read(read, 1)
        time.sleep(0.2)
        process.terminate()
        process.join(15)
        assert process.exitcode == -signal.SIGTERM, process.exitcode
    """
    assert run(tmp_path, program) == [float(number) for number in range(1000)]


@pytest.mark.slow
def test_a_grandchild_is_ended_by_itself_alone(tmp_path):
    (tmp_path / "log").mkdir()
    program = """
        logger = Logger(folder)
        def run():
            work(0)
            inner = fork.Process(target=time.sleep, args=(60,))
            inner.start()
            inner.terminate()
            inner.join()
            assert inner.exitcode == -signal.SIGTERM, inner.exitcode
            time.sleep(0.5)
            work(1)
        process = fork.Process(target=run)
        process.start()
        process.join()
        assert process.exitcode == 0, process.exitcode
    """
    assert run(tmp_path, program) == [float(number) for number in range(20)]


@pytest.mark.slow
def test_the_program_itself_ends_as_it_always_did(tmp_path):
    program = """
        logger = Logger(sys.argv[1])
        work(0)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    """
    (tmp_path / "log").mkdir()
    assert len(run(tmp_path, program)) == 10
