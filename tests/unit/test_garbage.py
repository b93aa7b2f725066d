from __future__ import annotations

import gc

import pytest

from pyexp._garbage import uncollected


@pytest.fixture(autouse=True)
def _collecting():
    yield
    gc.enable()


@pytest.mark.parametrize("is_enabled", [True, False])
def test_afterwards_garbage_is_collected_as_before(is_enabled):
    gc.enable() if is_enabled else gc.disable()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled() is is_enabled


def test_an_error_does_not_leave_it_off():
    @uncollected()
    def fail():
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            fail()
        assert gc.isenabled()
