from __future__ import annotations

import pickle
import threading

import pytest

from pyexp.definition.function_body import FunctionBody
from pyexp.errors import UnpicklableError
from pyexp.executors.child.payload import pack_body

LOCK = threading.Lock()


def test_nested_function_travels_by_value():
    offset = 3

    def add(config):
        return config + offset

    body, _ = pickle.loads(pack_body(FunctionBody(add)))

    assert body.function(4) == 7
    assert body.function.__code__.co_filename == __file__


def test_global_is_named():
    def use_lock(config):
        return LOCK

    with pytest.raises(UnpicklableError, match=r"the global 'LOCK' is a lock.*executor='inline' or 'fork'"):
        pack_body(FunctionBody(use_lock))


def test_closure_variable_is_named_through_helpers():
    lock = threading.Lock()

    def helper():
        return lock

    def use_helper(config):
        return helper()

    with pytest.raises(UnpicklableError, match="the closure variable 'lock' is a lock"):
        pack_body(FunctionBody(use_helper))
