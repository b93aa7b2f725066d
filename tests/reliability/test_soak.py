"""Flat growth: the last of very many runs costs what the first ones cost, and the parent keeps nothing of a finished run."""

from __future__ import annotations

import itertools
import json
import sys

import pytest

from support.counts import counts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads memory in /proc")

TENTHS = 10
BODY = """
import asyncio, json, resource

def cpu_s():
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(time.ru_utime + time.ru_stime for time in times)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

@pyexp.experiment(name="exp", stash=False, jobs=2)
def exp(config):
    return config.position

COUNT = {count}
exp.configs(lambda: [{{"name": f"r{{position}}", "position": position}} for position in range(COUNT)])

async def watch():
    done = 0
    marks = []
    async for result in exp.astream(executor="{executor}", quiet=True):
        done += 1
        if done % (COUNT // 10) == 0:
            marks.append([cpu_s(), resident()])
    Path("marks.json").write_text(json.dumps(marks))
"""
FOOTER = """
if __name__ == "__main__":
    asyncio.run(watch())
"""


@counts(("executor", "count"), ("inline", 500), ("inline", 100_000))
def test_inline_runs_cost_the_same_at_the_end(script, executor, count):
    check(script, executor, count)


@counts(("executor", "count"), ("forkserver", 100), ("forkserver", 20_000))
def test_forked_runs_cost_the_same_at_the_end(script, executor, count):
    check(script, executor, count)


def check(script, executor: str, count: int) -> None:
    """Sweep *count* runs that do nothing, and compare the tenths; of a small count only that all passed."""
    script.write(BODY.format(executor=executor, count=count), footer=FOOTER)
    done = script.run(timeout_s=3000)
    assert done.returncode == 0, done.stderr
    marks = json.loads((script.folder / "marks.json").read_text())
    assert len(marks) == TENTHS
    assert set(script.statuses().values()) == {"passed"}
    if count >= 20_000:
        assert_flat(marks, count // TENTHS)


def assert_flat(marks: list[list[float]], runs: int) -> None:
    costs = [later[0] - earlier[0] for earlier, later in itertools.pairwise(marks)]
    memory = (marks[-1][1] - marks[0][1]) / (runs * (TENTHS - 1))
    assert costs[-1] <= 1.3 * costs[0], costs
    assert memory <= 2_000, marks
