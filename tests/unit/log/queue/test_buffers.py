import gc
from itertools import count

import pytest

from pyexp.log.queue import buffers as queue_buffers
from pyexp.log.queue.buffers import Buffers, Counter


@pytest.mark.slow
def test_tags_that_appear_while_rows_are_taken_out():
    buffers = Buffers(Counter(), needs_lock=False)
    for tag in range(5000):
        buffers.append_to(f"tag{tag}")((0, 1.0, 2.0))
    numbers, late = count(), []

    def add_tag(phase, info):
        if len(late) < 1000:
            late.append(f"late{next(numbers)}")
            buffers.append_to(late[-1])((0, 1.0, 2.0))

    before = gc.get_threshold()
    gc.callbacks.append(add_tag)
    gc.set_threshold(1)
    try:
        taken = [points.tag for columns in buffers.take() for points in columns]
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(add_tag)

    taken += [points.tag for columns in buffers.take() for points in columns]
    assert late
    assert sorted(taken) == sorted([*(f"tag{tag}" for tag in range(5000)), *late])


def test_many_rows_are_taken_out_in_pieces_in_their_order(monkeypatch):
    monkeypatch.setattr(queue_buffers, "_VALUES_AT_ONCE", 6)
    buffers = Buffers(Counter(), needs_lock=True)
    append = buffers.append_to("a")
    for it in range(5):
        append((it if it != 3 else None, it / 7, float(it)))
    (taken,) = buffers.take()
    assert [len(points.values) for points in taken] == [2, 2, 1]
    assert [it for points in taken for it in points.iterations] == [0, 1, 2, 0, 4]
    assert [value for points in taken for value in points.values] == [it / 7 for it in range(5)]
    assert not len(buffers)
    assert not [*buffers.take()]
