"""`arun()` in a web application: the handler waits, the loop does not.

Each test is a process of its own, so that the imports of a first call count too. The loop may be blocked for 50 ms by contract. A
heartbeat measures it twice: in CPU time of the loop's thread, which a busy machine does not lengthen, against the contract; and
in wall time, which shows waiting too, with room for a machine that keeps the whole process waiting, and three tries.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from e2e.support_project import statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

LONGEST_WORK_S = 0.05
LONGEST_GAP_S = 0.25

APPLICATION = """
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from aiohttp import ClientSession, web

import pyexp

HERE = Path(__file__).parent


@pyexp.experiment(executor=os.environ["EXECUTOR"], jobs=2, stash=False)
def experiment(config):
    (HERE / f"started-{config.x}").write_text(str(os.getpid()))
    time.sleep(config.seconds)
    return config.x ** 2


def configs(n, seconds):
    return lambda: [{"x": x, "seconds": seconds} for x in range(n)]


async def squares(request):
    found = await experiment.arun(configs=configs(4, 0.1), report=lambda results: [r.result for r in results])
    return web.json_response(found)


async def patient(request):
    try:
        await experiment.arun(configs=configs(2, 60))
    finally:
        request.app["ended"].set()


async def impatient(request):
    task = asyncio.create_task(experiment.arun(configs=configs(2, 60)))
    pids = await started(2)
    task.cancel()
    await asyncio.wait([task])
    return web.json_response({"cancelled": task.cancelled(), "alive": [pid for pid in pids if is_alive(pid)]})


async def started(n):
    files = [HERE / f"started-{x}" for x in range(n)]
    while not all(file.exists() and file.read_text() for file in files):
        await asyncio.sleep(0.01)
    return [int(file.read_text()) for file in files]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def heartbeat(gaps):
    last = time.perf_counter(), time.thread_time()
    while True:
        await asyncio.sleep(0.005)
        now = time.perf_counter(), time.thread_time()
        gaps.append((now[0] - last[0], now[1] - last[1]))
        last = now


async def main(use):
    app = web.Application()
    app["ended"] = asyncio.Event()
    app.add_routes([web.get("/squares", squares), web.get("/patient", patient), web.get("/impatient", impatient)])
    server = web.AppRunner(app, handler_cancellation=True)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    gaps = []
    beating = asyncio.create_task(heartbeat(gaps))
    url = f"http://127.0.0.1:{server.addresses[0][1]}"
    async with ClientSession(url) as client:
        answer = await use(app, client, url)
    beating.cancel()
    await server.cleanup()
    gap, work = (max(values) for values in zip(*gaps))
    print(json.dumps({"answer": answer, "gap_s": gap, "work_s": work}))


async def get(client, path):
    async with client.get(path) as response:
        return await response.json()


async def hang_up(app, client, url):
    # A process of its own: a connection of this one would stay open in the runs that are forked from it.
    code = f"import urllib.request; urllib.request.urlopen('{url}/patient')"
    caller = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    pids = await started(2)
    caller.kill()
    await caller.wait()
    await app["ended"].wait()
    return [pid for pid in pids if is_alive(pid)]

"""


def serve(project: Project, executor: str, use: str) -> dict[str, Any]:
    project.write("app.py", APPLICATION + f"\nasyncio.run(main({use}))\n")
    return json.loads(project.python("app.py", EXECUTOR=executor).stdout)


def serve_freely(project: Project, executor: str, use: str) -> Any:
    """The answer; the loop must have been free while it was made."""
    for _ in range(3):
        shutil.rmtree(project.root / "out", ignore_errors=True)
        for mark in project.root.glob("started-*"):
            mark.unlink()
        found = serve(project, executor, use)
        if found["gap_s"] < LONGEST_GAP_S and found["work_s"] < LONGEST_WORK_S:
            return found["answer"]
    raise AssertionError(f"the loop was blocked: {found}")


def test_a_handler_answers_and_the_loop_is_never_blocked(project: Project, executor: str):
    answer = serve_freely(project, executor, 'lambda app, client, url: get(client, "/squares")')
    assert answer == [0, 1, 4, 9]


def test_first_requests_may_come_together(project: Project):
    answer = serve_freely(
        project, "fork", 'lambda app, client, url: asyncio.gather(*[get(client, "/squares") for _ in range(3)])'
    )
    assert answer == [[0, 1, 4, 9]] * 3
    assert len(project.batches("experiment")) == 3


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_a_handler_that_cancels_leaves_no_process(project: Project, executor: str):
    answer = serve_freely(project, executor, 'lambda app, client, url: get(client, "/impatient")')
    assert answer == {"cancelled": True, "alive": []}
    assert set(statuses(project.batch("experiment")).values()) == {"interrupted"}


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_a_client_that_hangs_up_ends_the_runs(project: Project, executor: str):
    assert serve(project, executor, "hang_up")["answer"] == []
    assert set(statuses(project.batch("experiment")).values()) == {"interrupted"}
