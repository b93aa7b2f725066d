"""Ends process trees: who belongs to a run, and how they are asked and then made to go."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable, Iterable

    from pyexp.executors.base import Session

_POLL_S = 0.02
_MOMENT_S = 0.05
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


async def end_tree(leader: int, session: Session) -> None:
    """End the run led by the process *leader*: SIGTERM, SIGKILL after the grace; returns when all of it is gone.

    The run is the leader's process group and, on Linux, every descendant, also one that left the group. Call
    it shielded from cancellation.
    """
    import anyio

    if sys.platform == "win32":
        await anyio.to_thread.run_sync(_taskkill, leader)
        return
    members = _tree(leader)
    _signal_group(leader, members, signal.SIGTERM)
    deadline = time.monotonic() + session.grace_s
    while members and time.monotonic() < deadline and not session.hurry.is_set():
        await anyio.sleep(_POLL_S)
        members = _alive(members) | _tree(leader)
    for _ in range(100):
        members = _alive(members) | _tree(leader)
        if not members:
            break
        _signal_group(leader, members, signal.SIGKILL)
        await anyio.sleep(_POLL_S)


async def end_leftovers(leader: int) -> None:
    """End what a finished run left in its process group.

    Helpers such as multiprocessing's resource tracker end by themselves in a moment, and get that moment.
    """
    if sys.platform == "win32" or not _group_exists(leader):
        return
    import anyio

    with anyio.CancelScope(shield=True):
        await anyio.sleep(_MOMENT_S)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def end_escaped_descendants() -> None:
    """Kill the descendants of this process that left its process group; called by a run's process at its very end."""
    if sys.platform != "linux":
        return
    me, group = os.getpid(), os.getpgrp()
    for pid in _descendants({me}, children=list_children):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) != group:
                os.kill(pid, signal.SIGKILL)


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans (Linux), so that it can end them."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux); *parent* is its process."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def list_children(pid: int) -> list[int]:
    """Pids of the children of the process *pid*, also of those that wait to be reaped (Linux; elsewhere none)."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def _tree(leader: int) -> set[int]:
    """Living members of the group of *leader* and its living descendants, and *leader* itself."""
    if sys.platform != "linux":
        return {leader} if _group_exists(leader) else set()
    parents, groups = _process_table()
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    members = {pid for pid, group in groups.items() if leader in (pid, group)}
    members |= _descendants(members | {leader}, children=lambda pid: children.get(pid, ()))
    return members


def _descendants(roots: set[int], *, children: Callable[[int], Iterable[int]]) -> set[int]:
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        for child in children(waiting.pop()):
            if child not in found and child not in roots:
                found.add(child)
                waiting.append(child)
    return found


def _process_table() -> tuple[dict[int, int], dict[int, int]]:
    """Parent and process group of every living process; zombies do not live."""
    parents, groups = {}, {}
    for pid in _all_pids():
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state, parent, group = file.read().rpartition(b")")[2].split(maxsplit=3)[:3]
        except (OSError, ValueError):
            continue
        if state not in (b"Z", b"X"):
            parents[pid], groups[pid] = int(parent), int(group)
    return parents, groups


def _all_pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def _alive(pids: set[int]) -> set[int]:
    if sys.platform != "linux":
        return set()
    parents, _ = _process_table()
    return pids & parents.keys()


if sys.platform == "win32":

    def _signal_group(leader: int, members: set[int], number: int) -> None:
        raise NotImplementedError

    def _group_exists(leader: int) -> bool:
        raise NotImplementedError

    def _taskkill(leader: int) -> None:
        import subprocess

        subprocess.run(["taskkill", "/T", "/F", "/PID", str(leader)], capture_output=True, check=False)

else:

    def _signal_group(leader: int, members: set[int], number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _group_exists(leader: int) -> bool:
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


@cache
def load_libc() -> ctypes.CDLL:
    """The C library of this process."""
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    load_libc().prctl(option, value, 0, 0, 0)
