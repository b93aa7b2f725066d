"""Experiment functions for the contract suite, importable by a run's process."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import anyio


class OddError(Exception):
    """Cannot be pickled, and does not say what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Holder:
    """A value with a part that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def square(config):
    return config.x**2


async def square_later(config):
    await asyncio.sleep(0)
    return config.x**2


def square_by_loop(config):
    """A synchronous function that runs a loop of its own."""
    return asyncio.run(square_later(config))


def square_by_anyio(config):
    """The same, with the other library's own idea of what runs already."""
    return anyio.run(square_later, config)


def fail_on_odd(config):
    if config.x % 2:
        raise ValueError(f"{config.x} is odd")
    return config.x


def act(config):
    """Do what the config names: be the one of these functions."""
    return globals()[config.act](config)


def raise_odd(config):
    raise OddError


def exit_quietly(config):
    sys.exit(0)


def interrupt(config):
    raise KeyboardInterrupt


def return_lock(config):
    return {"fine": 1, "bad": [Holder()]}


def change_config(config):
    config.x = "changed"
    config.deep.y = "changed"
    return config.out


def talk(config):
    print("to stdout", config.x)
    print("to stderr", config.x, file=sys.stderr)


def write_bytes(config):
    """A flood without a newline, of bytes that are not UTF-8."""
    block = bytes(range(128, 256)) * 512
    for _ in range(config.blocks):
        sys.stdout.buffer.write(block)
    sys.stdout.flush()


def tell_devices(config):
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def die(config):
    """End this process in the way that the config names."""
    match config.way:
        case "exit":
            os._exit(3)
        case "signal":
            os.kill(os.getpid(), getattr(signal, config.signal))
            time.sleep(60)
        case "segfault":
            ctypes.string_at(0)


def fail_first(config):
    """Fail until the third attempt; count the attempts in a file."""
    count = config.out / "attempts"
    seen = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(seen))
    print("attempt", seen)
    if seen < config.needed:
        raise RuntimeError(f"not yet: {seen}")
    return seen


def hang(config):
    """Say that this process is here, then never end by itself."""
    _announce(config)
    match config.way:
        case "sleep":
            time.sleep(600)
        case "c-loop":  # C code that holds the GIL
            ctypes.PyDLL(None).sleep(600)
        case "stubborn":  # ignores SIGTERM, and so do its grandchildren, one of them in a session of its own
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
            for is_escaped in (False, True):
                child = subprocess.Popen([sys.executable, "-c", code], start_new_session=is_escaped)
                _announce(config, child.pid)
            time.sleep(600)


def leave_child(config):
    """Return while a child lives on."""
    match config.way:
        case "popen":
            pid = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
        case "session":
            pid = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True).pid
        case "fork":
            pid = os.fork()
            if pid == 0:
                time.sleep(600)
        case "multiprocessing":
            process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
            process.start()
            pid = process.pid
    return pid


def _announce(config, pid=None):
    with Path(config.pids).open("a") as file:
        file.write(f"{os.getpid() if pid is None else pid}\n")
