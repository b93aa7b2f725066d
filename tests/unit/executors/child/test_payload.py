from __future__ import annotations

import os

from pyexp.executors.child.payload import kept_joint


def test_a_short_joint_travels_with_each_task():
    with kept_joint(b"short") as joint:
        assert joint == b"short"


def test_a_long_joint_has_a_file_for_as_long_as_the_batch_runs():
    data = b"x" * (2 << 20)
    with kept_joint(data) as path, open(path, "rb") as file:
        assert file.read() == data
    assert not os.path.exists(path)
