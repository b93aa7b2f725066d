"""Terminates process trees: which processes belong to a run, and how they are terminated, then killed."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pyexp._libc import load_libc
from pyexp._record import Record

if TYPE_CHECKING:
    from pyexp.executors.base import Session

_POLL_S = 0.02
_LONGEST_POLL_S = 0.1
_KILLING_POLLS = 100
# How often a dead member of a group is looked at before it is taken for one that is never reaped.
_REAPING_POLLS = 5
_MOMENT_S = 0.05
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# As in `signal`, whose enumerations a run's process need not make.
_SIGKILL = 9
_SIGTERM = 15


async def end_tree(leader: int, session: Session) -> None:
    """End the run led by the process *leader*: SIGTERM, SIGKILL after the grace; returns when all of it is gone.

    The run is the leader's process group and, on Linux, every descendant, also one that left the group. Call
    it shielded from cancellation, and have *leader* waited for meanwhile: a group exists as long as a dead member does.
    """
    import anyio

    if sys.platform == "win32":
        await anyio.to_thread.run_sync(_taskkill, leader)
        return
    tree = _Tree(leader)
    tree.signal(_SIGTERM)
    deadline = time.monotonic() + session.grace_s
    pause_s = _POLL_S
    while tree.look() and time.monotonic() < deadline and not session.hurry.is_set():
        await anyio.sleep(pause_s)
        pause_s = min(pause_s * 1.2, _LONGEST_POLL_S)
    for _ in range(_KILLING_POLLS):
        tree.signal(_SIGKILL)  # in any case: a process that was forked and orphaned between two looks is in the group
        if not tree.look():
            break
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
            os.killpg(leader, _SIGKILL)


def end_escaped_descendants() -> None:
    """Kill the descendants of this process that left its process group; called by a run's process at its very end."""
    if sys.platform != "linux":
        return
    me, group = os.getpid(), os.getpgrp()
    for pid in _descendants(me):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) != group:
                os.kill(pid, _SIGKILL)


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans (Linux), so that it can end them."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux); *parent* is its process."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def list_children(pid: int) -> list[int]:
    """Return the pids of the children of the process *pid*, also of dead ones (Linux; elsewhere none)."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


class _Seen(Record):
    """A process at one moment.

    Attributes:
        is_dead: It waits to be reaped.
        group: Its process group.
        start: When it started, which distinguishes it from a later one of the same pid.
    """

    is_dead: bool
    group: int
    start: bytes


class _Tree:
    """The processes of a run, found downwards from its leader, so that those of others cost nothing.

    A member stays one when its parent dies. One that has left the group is found (on Linux) while its parent lives.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        seen = _see(leader)
        self._starts = {leader: b"" if seen is None else seen.start}
        self._elsewhere: set[int] = set()  # living members outside of the group
        self._idle_looks = 0
        self.look()

    def look(self) -> bool:
        """Look for living members; return whether there are any."""
        if sys.platform != "linux":
            return _group_exists(self._leader)
        living, has_dead = self._walk()
        if living:
            self._idle_looks = 0
            return True
        if not _group_exists(self._leader):
            return False
        self._idle_looks += 1
        # The dead make a group, too; one without dead members that are known has a living one that is not.
        return not has_dead or self._idle_looks < _REAPING_POLLS

    def signal(self, number: int) -> None:
        """Send a signal to the group, and to the members outside of it that the last look found."""
        with suppress(ProcessLookupError, PermissionError):
            _kill_group(self._leader, number)
        for pid in self._elsewhere:
            seen = _see(pid)
            if seen is not None and seen.start == self._starts[pid]:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)

    def _walk(self) -> tuple[bool, bool]:
        """Return whether there is a living member, and a dead one."""
        found: dict[int, _Seen] = {}
        waiting = list(self._starts)
        while waiting:
            pid = waiting.pop()
            seen = None if pid in found else _see(pid)
            if seen is not None and self._is_member(pid, seen):
                found[pid] = seen
                waiting += list_children(pid)
        leader = {self._leader: self._starts[self._leader]}  # also when it is gone: its pid may come again
        self._starts = leader | {pid: seen.start for pid, seen in found.items()}
        living = {pid: seen for pid, seen in found.items() if not seen.is_dead}
        self._elsewhere = {pid for pid, seen in living.items() if seen.group != self._leader}
        return bool(living), len(living) < len(found)

    def _is_member(self, pid: int, seen: _Seen) -> bool:
        """Remember a new member; False for another process that has the pid of a former one by now."""
        return self._starts.setdefault(pid, seen.start) == seen.start


def _descendants(root: int) -> set[int]:
    found: set[int] = set()
    waiting = [root]
    while waiting:
        new = set(list_children(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _see(pid: int) -> _Seen | None:
    """Return what the process *pid* is now; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, _, group, *_, start = file.read().rpartition(b")")[2].split(maxsplit=20)[:20]
    except (OSError, ValueError):
        return None
    return _Seen(is_dead=state in (b"Z", b"X"), group=int(group), start=start)


if sys.platform == "win32":

    def _kill_group(leader: int, number: int) -> None:
        raise NotImplementedError

    def _group_exists(leader: int) -> bool:
        raise NotImplementedError

    def _taskkill(leader: int) -> None:
        import subprocess

        subprocess.run(["taskkill", "/T", "/F", "/PID", str(leader)], capture_output=True, check=False)

else:

    def _kill_group(leader: int, number: int) -> None:
        os.killpg(leader, number)

    def _group_exists(leader: int) -> bool:
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _prctl(option: int, value: int) -> None:
    load_libc().prctl(option, value, 0, 0, 0)
