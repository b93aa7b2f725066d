"""Nothing that is started through a lifeline outlives it, whichever way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pyexp.executors.remote.lifeline import Lifeline
from support.processes import is_alive
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the supervisor's reach is tested where it is longest")

# A child, a grandchild in a session of its own, and an orphan: each announces itself.
FAMILY = """
import os, signal, subprocess, sys, time
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
announce = "import os, signal, time; {ignore} open({pids!r}, 'a').write(str(os.getpid()) + chr(10)); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", announce], start_new_session=True)
if os.fork() == 0:
    subprocess.Popen([sys.executable, "-c", announce], start_new_session=True)
    os._exit(0)
open({pids!r}, "a").write(str(os.getpid()) + chr(10))
{last}
"""


@pytest.fixture
def null():
    with open(os.devnull, "r+b") as file:
        yield (file.fileno(),) * 3


class Family:
    def __init__(self, path) -> None:
        self.path = path

    def program(self, *, stubborn: bool = False, last: str = "time.sleep(600)") -> list[str]:
        ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if stubborn else ""
        return [sys.executable, "-c", FAMILY.format(pids=str(self.path), stubborn=stubborn, ignore=ignore, last=last)]

    def pids(self) -> list[int]:
        return [int(line) for line in self.path.read_text().split()] if self.path.exists() else []

    def wait(self) -> list[int]:
        return wait_until(lambda: len(self.pids()) == 3 and self.pids(), what="the family")

    def living(self) -> list[int]:
        return [pid for pid in self.pids() if is_alive(pid)]


@pytest.fixture
def family(tmp_path) -> Family:
    return Family(tmp_path / "pids")


def start(lifeline: Lifeline, argv: list[str], streams, **options) -> int:
    return lifeline.start(argv, streams=streams, environment=os.environ, folder="/", **options)


@pytest.mark.slow
def test_exit_code_comes_back_and_the_next_can_be_started(null):
    lifeline = Lifeline()
    codes = []
    for program in ("raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "pass"):
        start(lifeline, [sys.executable, "-c", program], null)
        codes.append(lifeline.wait(20))
    lifeline.close()

    assert codes == [3, -signal.SIGKILL, 0]
    wait_until(lambda: not is_alive(lifeline.pid), what="the supervisor's end")


@pytest.mark.slow
def test_program_that_cannot_be_started_says_why(tmp_path, null):
    lifeline = Lifeline()
    with open(tmp_path / "log", "wb") as log:
        start(lifeline, ["/does/not/exist"], (null[0], log.fileno(), log.fileno()))

    assert lifeline.wait(20) == 127
    assert b"FileNotFoundError" in (tmp_path / "log").read_bytes()
    lifeline.close()


@pytest.mark.slow
def test_what_a_program_leaves_behind_is_ended_before_its_end_is_told(null, family):
    lifeline = Lifeline()
    wait_for_all = f"while open({str(family.path)!r}).read().count(chr(10)) < 3: time.sleep(0.01)"
    start(lifeline, family.program(last=wait_for_all), null)

    assert lifeline.wait(30) == 0
    assert family.living() == []
    lifeline.close()


@pytest.mark.slow
def test_stopping_is_polite_first(null, family):
    lifeline = Lifeline()
    start(lifeline, family.program(), null)
    family.wait()

    lifeline.stop(60)

    assert lifeline.wait(30) == -signal.SIGTERM
    assert family.living() == []
    lifeline.close()


@pytest.mark.slow
@pytest.mark.parametrize("grace_s", [0, 0.1])
def test_stopping_who_does_not_listen(null, family, grace_s):
    lifeline = Lifeline()
    start(lifeline, family.program(stubborn=True), null)
    family.wait()

    lifeline.stop(grace_s)

    assert lifeline.wait(30) == -signal.SIGKILL
    assert family.living() == []
    lifeline.close()


@pytest.mark.slow
def test_closing_ends_everything_and_removes_the_scratch_folder(tmp_path, null, family):
    lifeline = Lifeline()
    (tmp_path / "scratch" / "deep").mkdir(parents=True)
    start(lifeline, family.program(stubborn=True), null, scratch=str(tmp_path / "scratch"))
    family.wait()

    lifeline.close()

    assert family.living() == []
    assert not (tmp_path / "scratch").exists()


OWNER = """
import os, sys
from pyexp.executors.remote.lifeline import Lifeline
lifeline = Lifeline()
null = os.open(os.devnull, os.O_RDWR)
lifeline.start({argv!r}, streams=(null, null, null), environment=os.environ, folder="/")
if {fork}:
    if os.fork() == 0:
        os.read(0, 1)
        os._exit(0)
print(lifeline.pid, flush=True)
os.read(0, 1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("fork", [False, True], ids=["alone", "with a fork that holds the line"])
def test_killed_owner_takes_everything_along(family, fork):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(argv=family.program(stubborn=True), fork=fork)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with owner:
        supervisor = int(owner.stdout.readline())
        family.wait()

        owner.kill()

        wait_until(lambda: not is_alive(supervisor) and not family.living(), timeout_s=5, what="the end of everything")
