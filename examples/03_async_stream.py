"""Experiments inside an application that has an event loop of its own.

The runs never block the loop: the application goes on serving while they execute.

    python examples/03_async_stream.py
"""

import asyncio
import random

import pyexp
from pyexp import sweep


# An async experiment spends its time waiting: for a service, a queue, a robot. With the executor "inline" its runs
# share the loop: twelve of them wait at once and need no process. (What keeps a CPU busy belongs into the default one.)
@pyexp.experiment(name="prompts", executor="inline", jobs=12)
async def experiment(config):
    """Ask a (pretended) slow service how good a prompt is."""
    service = random.Random(f"{config.style}, {config.temperature}")
    await asyncio.sleep(service.uniform(0.1, 1.0))
    return {"score": service.random() - abs(config.temperature - 0.5)}


@experiment.configs
def configs():
    styles = sweep([{"name": "ask"}], {"style": ["terse", "polite", "formal"]})
    return sweep(styles, {"temperature": [0.0, 0.3, 0.6, 0.9]})


async def application(is_done):
    """Whatever else the program does; it ticks to show that the loop is free."""
    while not is_done.is_set():
        print("  the application is alive")
        await asyncio.sleep(0.25)


async def main():
    is_done = asyncio.Event()
    alive = asyncio.create_task(application(is_done))

    # astream(): each result as soon as its run has finished. Leaving the loop early would end the runs that are left.
    async for result in experiment.astream():
        print(f"{result.name}: {result.result['score']:+.2f} after {result.duration:.2f} s")

    # arun(): all of it, report included; gives what the report returned, or the results in the shape of the sweep.
    results = await experiment.arun(
        configs=lambda: sweep([{"style": "warm"}], {"temperature": [0.1, 0.5]}), report=rank
    )
    print(f"best of the second round: {results[0].name}")

    is_done.set()
    await alive


def rank(results):
    return sorted((r for r in results if r.ok), key=lambda r: r.result["score"], reverse=True)


if __name__ == "__main__":
    asyncio.run(main())
