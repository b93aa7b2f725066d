import gc
from itertools import count

import pytest

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
