"""What the driver makes of what a node tells of one attempt."""

from __future__ import annotations

import pytest

from pyexp.config.config import Config
from pyexp.executors.remote.inbox import Inbox
from pyexp.executors.remote.messages import Ended, Started
from pyexp.task import Passed, Task

DIGEST = "sha256:" + "0" * 64
REPORT = b'pyexp-report\n{"digest": "%s"}' % DIGEST.encode()


def body(run):
    return run.config


@pytest.fixture
def task(tmp_path):
    return Task(name="a", config=Config({"name": "a"}), out=tmp_path, body=body)


def ended(*, has_asked):
    return Ended(pid=7, code=0, report=REPORT, has_asked=has_asked)


@pytest.mark.parametrize("is_told_before", [True, False])
def test_start_and_end_may_come_together_and_the_start_twice(task, is_told_before):
    inbox = Inbox(task)
    inbox.open()
    messages = [Started(host="there", is_shared=True), ended(has_asked=False)]
    for message in messages[:1] * is_told_before + messages + messages[:1]:
        inbox.receive(message)
    assert inbox.host == "there"
    assert inbox.outcome == Passed(digest=DIGEST, pid=7)
    assert not list(task.out.iterdir())


def test_only_an_attempt_that_neither_asked_nor_got_anything_leaves_the_exchange_clean(task):
    found = []
    for has_asked, has_files in [(False, False), (True, False), (False, True)]:
        if has_files:
            (task.out / "weights.bin").touch()
        inbox = Inbox(task)
        inbox.open()
        inbox.receive(Started(host="there", is_shared=True))
        inbox.receive(ended(has_asked=has_asked))
        found.append(inbox.is_clean)
    assert found == [True, False, False]
