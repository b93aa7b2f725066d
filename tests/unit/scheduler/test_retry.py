from __future__ import annotations

import pytest

from pyexp.scheduler.retry import RetryPolicy
from pyexp.task import Failed, Passed, Status

FAILED = Failed(error="E: x")


def test_pauses_grow_and_are_bounded():
    policy = RetryPolicy(retries=12)

    pauses = [policy.delay_s(FAILED, attempt) for attempt in range(1, 14)]

    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(pauses[:12]) == 60.0
    assert pauses[12] is None


@pytest.mark.parametrize("outcome", [Passed(), Failed(error="x", status=Status.INTERRUPTED)])
def test_only_failures_are_tried_again(outcome):
    assert RetryPolicy(retries=3).delay_s(outcome, 1) is None


def test_timeouts_are_tried_again():
    assert RetryPolicy(retries=1).delay_s(Failed(error="x", status=Status.TIMEOUT), 1) == 0.5


def test_no_retries_by_default():
    assert RetryPolicy().delay_s(FAILED, 1) is None
