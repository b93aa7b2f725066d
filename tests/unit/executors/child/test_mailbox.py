from __future__ import annotations

import pytest

from pyexp.executors.child.mailbox import open_mailbox, post_report, take_report
from pyexp.task import Failed, Passed


@pytest.mark.parametrize("outcome", [Passed(digest="sha256:ab", pid=7), Failed(error="E: é\ud800\n" * 1000, pid=7)])
def test_report_replaces_the_payload(outcome):
    with open_mailbox(b"payload" * 100_000) as mailbox:
        assert mailbox.read(7) == b"payload"
        post_report(mailbox, outcome)

        assert take_report(mailbox, 7) == outcome


@pytest.mark.parametrize("left", [b"", b"payload", b"pyexp-report\n", b'pyexp-report\n{"digest": "sha', b"pyexp-re"])
def test_child_that_did_not_finish_its_report_left_none(left):
    with open_mailbox(left) as mailbox:
        assert take_report(mailbox, 7) is None


def test_works_without_memory_files(monkeypatch):
    monkeypatch.delattr("os.memfd_create")

    with open_mailbox(b"payload") as mailbox:
        post_report(mailbox, Passed(digest="sha256:ab"))
        assert take_report(mailbox, 7) == Passed(digest="sha256:ab", pid=7)


def test_every_field_of_an_ending_arrives():
    """What a field holds, too: a report that cannot be read would be taken for none."""
    told = {"digest": "sha256:00", "summary": {"a": [1, {"$tuple": [None, True]}]}, "code_changed": ('/a"b.py', "é")}
    with open_mailbox() as mailbox:
        post_report(mailbox, Passed(**told))
        arrived = take_report(mailbox, 7)
    assert arrived == Passed(**told | {"code_changed": ['/a"b.py', "é"], "pid": 7})
