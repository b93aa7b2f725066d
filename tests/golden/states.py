"""The golden runs in every state, and those whose files `make.py` damages."""

import os
import signal
import time

from golden.noting import is_made, note
from pyexp import experiment


@experiment(stash=False, executor="subprocess")
def states(config, logger):
    note(config.out, "executions")
    print("about to", config.ending)
    for step in range(3):
        logger.set_global_it(step)
        logger.add_scalar("progress", step / 2)
    logger.flush()
    if is_made():
        end(config)
    return {"ending": config.ending}


def end(config):
    """Come to the ending that the config names."""
    match config.ending:
        case "raise":
            raise ValueError("this run fails\non two lines")
        case "raise once":
            if (config.out / "executions").read_text(encoding="utf-8").count("x") == 1:
                raise RuntimeError("not yet")
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "wait":
            note(config.out, "waiting")
            time.sleep(600)


@states.configs
def state_configs():
    endings = {
        "passed": "return",
        "failed": "raise",
        "failed-twice": "raise",
        "exited": "exit",
        "killed": "kill",
        "retried": "raise once",
        "timed-out": "wait",
        "interrupted": "wait",
        "orphaned": "wait",
        "pending": "return",
    }
    return [{"name": name, "ending": ending} for name, ending in endings.items()]


@experiment(stash=False, executor="inline")
def damaged(config):
    note(config.out, "executions")
    return {"triple": config.x * 3}


DAMAGED = [
    "whole",
    "flipped-result",
    "cut-result",
    "altered-config",
    "altered-config-without-result",
    "lost-status",
    "lost-status-and-result",
    "lost-result",
    "torn-status",
]


@damaged.configs
def damaged_configs():
    return [{"name": name, "x": x} for x, name in enumerate(DAMAGED)]
