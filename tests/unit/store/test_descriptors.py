from __future__ import annotations

import os

import pytest

from pyexp.store import descriptors


@pytest.fixture(autouse=True)
def _own_set(monkeypatch):
    monkeypatch.setattr(descriptors, "_kept", set())


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_all_but_one_are_closed():
    ours, other, let_go = (os.open(os.devnull, os.O_RDONLY) for _ in range(3))
    for descriptor in (ours, other, let_go):
        descriptors.keep(descriptor)
    descriptors.let_go(let_go)

    descriptors.close_inherited(but=ours)

    assert [is_open(descriptor) for descriptor in (ours, other, let_go)] == [True, False, True]
    os.close(ours)
    os.close(let_go)
