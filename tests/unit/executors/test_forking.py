"""What does not survive a fork is found, and what does is not named."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import anyio
import pytest

from pyexp.executors import forking
from pyexp.executors.forking import find_hazards
from support.experiments import run_one

linux = pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@contextmanager
def waiting(name, **options):
    """A thread that is in the user's code."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name=name, **options)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def hazards_after(code: str) -> str:
    """What is found in a process of its own that has executed *code*."""
    program = f"{code}\nfrom pyexp.executors.forking import find_hazards\nprint(find_hazards(has_loop=False))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


@pytest.fixture
def no_native_threads(monkeypatch):
    """Other tests in this process may have used a library whose threads stay on."""
    monkeypatch.setattr(forking, "_native_threads", Counter)


def test_threads_are_named():
    with waiting("prefetch"), waiting("a", daemon=True), waiting("b"), waiting("c"):
        assert find_hazards(has_loop=True) == ["'prefetch', 'a', 'b' and 1 more (Python threads that may hold locks)"]


@pytest.mark.usefixtures("no_native_threads")
def test_pools_are_named_while_they_work():
    end, started = threading.Event(), threading.Event()

    def work():
        started.set()
        end.wait()

    with ThreadPoolExecutor(2, thread_name_prefix="pool") as pool:
        pool.submit(int).result()
        idle = find_hazards(has_loop=True)
        pool.submit(work)
        started.wait()
        busy = find_hazards(has_loop=True)
        end.set()

    assert idle == []
    assert busy == ["'pool_0' (Python threads that may hold locks)"]


@pytest.mark.usefixtures("no_native_threads")
def test_threads_of_the_loop_are_not_named():
    async def look():
        await asyncio.to_thread(int)
        await anyio.to_thread.run_sync(int)
        return find_hazards(has_loop=True)

    assert asyncio.run(look()) == []


@pytest.mark.usefixtures("no_native_threads")
def test_loop_is_named_where_none_is_expected():
    async def look():
        return find_hazards(has_loop=False)

    assert asyncio.run(look()) == ["a running event loop"]


@pytest.mark.parametrize("is_initialised", [True, False])
def test_cuda_is_named_once_initialised(monkeypatch, is_initialised):
    monkeypatch.setitem(sys.modules, "torch.cuda", SimpleNamespace(is_initialized=lambda: is_initialised))

    assert any("an initialised CUDA" in hazard for hazard in find_hazards(has_loop=True)) == is_initialised


# What a process has mapped after `cupy.ones(3)`, and after NVML was asked for the GPUs, on a machine that has one.
@linux
@pytest.mark.parametrize(
    ("mapped", "is_initialised"),
    [
        ("7f00-7f01 rw-s 00000000 00:05 82   /dev/nvidiactl\n", True),
        ("7f00-7f01 r-xp 0 00:1 9  /lib/libnvidia.so\n", False),
    ],
)
@pytest.mark.usefixtures("no_native_threads")
def test_cuda_is_found_by_the_devices_that_are_mapped(monkeypatch, tmp_path, mapped, is_initialised):
    maps = tmp_path / "maps"
    maps.write_text(mapped)
    monkeypatch.setattr(forking, "_MAPS", maps)

    assert bool(find_hazards(has_loop=True)) == is_initialised


def test_module_that_is_called_torch_only():
    assert hazards_after("import sys, types; sys.modules['torch.cuda'] = types.ModuleType('cuda')") == "[]"


THREADS = """
import ctypes, os
libc = ctypes.CDLL(None)
def start(name=None):
    before = set(os.listdir("/proc/self/task"))
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.pause, None)
    if name:
        (thread,) = set(os.listdir("/proc/self/task")) - before
        open(f"/proc/self/task/{thread}/comm", "w").write(name)
"""


@linux
def test_native_thread_that_stays_is_counted():
    assert "2 native threads that an OpenMP pool, once used, leaves (OMP_" in hazards_after(
        f"{THREADS}\nstart(), start()"
    )


@linux
def test_threads_that_a_library_has_named():
    names = ["tf_XLAEigen", "tf_XLAEigen", "py_xla_execute"]

    assert hazards_after(f"{THREADS}\n[start(name) for name in {names}]") == (
        """["threads of a library ('py_xla_execute', 'tf_XLAEigen')"]"""
    )


@linux
@pytest.mark.parametrize("name", ["cuda00001800007", "jemalloc_bg_thd"])
def test_threads_that_a_child_can_do_without(name):
    assert hazards_after(f"{THREADS}\nstart({name!r})") == "[]"


@pytest.mark.slow
@linux
def test_threads_that_end_at_a_fork_are_not_counted():
    code = """
import os, numpy
a = numpy.ones((600, 600))
a @ a
assert os.cpu_count() == 1 or len(os.listdir("/proc/self/task")) > 1
"""

    assert hazards_after(code) == "[]"


@linux
def test_thread_that_computes_is_named_without_a_fork(monkeypatch):
    monkeypatch.setattr(forking, "fork", lambda: pytest.fail("it would not come back"))
    monkeypatch.setattr(forking, "_native_threads", lambda: Counter(python=3))

    with waiting("blas"):
        assert len(find_hazards(has_loop=True)) == 1


@pytest.mark.slow
def test_fork_executor_notes_it_once_and_offers_another(tmp_path, capsys):
    with waiting("prefetch"):
        result = run_one(lambda config: 1, {}, tmp_path, executor="fork")

    assert result.status == "passed"
    told = capsys.readouterr().err
    assert told.count("note: ") == 1
    assert "'prefetch'" in told
    assert "use the executor 'forkserver'" in told


@pytest.mark.slow
@pytest.mark.usefixtures("no_native_threads")
def test_quiet_process_gets_no_note(tmp_path, capsys):
    run_one(lambda config: 1, {}, tmp_path, executor="fork")

    assert "note" not in capsys.readouterr().err


def test_warning_of_the_fork_is_none_for_the_user(recwarn):
    with waiting("beside"):
        pid = forking.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    assert recwarn.list == []


# jax warns of each fork in this way; Python 3.12 and later warn of threads.
WARNED = """
import os, sys, threading, warnings
import pyexp
os.register_at_fork(before=lambda: warnings.warn("a library has threads", RuntimeWarning, stacklevel=2))
end = threading.Event()
threading.Thread(target=end.wait).start()
runner = pyexp.ExperimentRunner(lambda config: config.x, name="lab", output_dir=sys.argv[1])
runner.run(argv=[], configs=[{"x": 1}], executor=sys.argv[2], stash=False)
end.set()
"""


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["fork", "forkserver"])
@pytest.mark.parametrize("wanted", ["always", "error"])
def test_the_note_takes_the_place_of_warnings(tmp_path, executor, wanted):
    command = [sys.executable, "-W", wanted, "-c", WARNED, str(tmp_path), executor]

    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stderr

    assert "Warning" not in told
    assert ("(Python threads that may hold locks)" in told) == (executor == "fork")
