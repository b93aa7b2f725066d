"""F11: processes that user code forks under our signal handlers can be terminated."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork here")

BODY = """
import multiprocessing, os, signal, threading, time
import pyexp

context = multiprocessing.get_context("fork")

def stay():
    time.sleep(60)

def by_process():
    process = context.Process(target=stay)
    process.start()
    process.terminate()
    process.join(20)
    return process.exitcode

def by_fork():
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def by_pool():
    with context.Pool(2) as pool:
        pool.map(abs, range(4))
    return -15

def by_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(by_process()))
    thread.start()
    thread.join(30)
    return found[0]

@pyexp.experiment(name="exp", executor="inline", stash=False)
def exp(config):
    return [globals()[config.how]() for _ in range(COUNT)]

exp.configs(lambda: [{"how": how} for how in ("by_process", "by_fork", "by_pool", "by_thread")])

@exp.report
def report(results):
    print([sorted(set(r.result)) if r.ok else r.error for r in results])
"""


@pytest.mark.parametrize("count", [40, pytest.param(300, marks=pytest.mark.stress)])
def test_f11_a_signal_right_after_a_fork_is_not_lost(script, count):
    done = script.write(BODY.replace("COUNT", str(count))).run(timeout_s=900 if count > 40 else 100)
    assert done.stdout == "[[-15], [-15], [-15], [-15]]\n", done.stderr
