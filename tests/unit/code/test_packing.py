"""What is sent by value, seen without a process: packed, then unpacked here under another ``__main__``."""

from __future__ import annotations

import io
import pickle
import socket
import sys
import threading

import pytest

from pyexp.code.packing import pack
from pyexp.code.start import start
from pyexp.code.unpacking import unpack
from pyexp.definition.function_body import FunctionBody
from pyexp.errors import UnpicklableError

CONNECTION = socket.socket()
CONNECTION.close()
NESTED = {"deep": [1, {"socket": CONNECTION}]}
LOCK = threading.Lock()


@pytest.fixture(autouse=True)
def own_main(monkeypatch):
    """Unpacking makes a ``__main__`` and changes the arguments: both are this process's own again afterwards."""
    for name in ("__main__", "__mp_main__"):
        monkeypatch.setitem(sys.modules, name, sys.modules["__main__"])
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    before = start.argv, start.folder, start.not_sent
    yield
    start.argv, start.folder, start.not_sent = before


def sent(function):
    """*function*, as the process of a run gets it."""
    packed = pack(FunctionBody(function))
    return unpack(pickle.loads(packed.package), lambda: io.BytesIO(packed.joint)).function


def as_if_of_a_script(function):
    """The same function with this module's variables as those of ``__main__``."""
    function.__module__ = "__main__"
    return function


def test_nested_function_travels_by_value():
    offset = 3

    def add(config):
        return config + offset

    function = sent(add)

    assert function(4) == 7
    assert function.__code__.co_filename == __file__


def test_a_lock_arrives_free():
    lock = threading.Lock()
    lock.acquire()

    def use_lock(config):
        return lock.acquire(blocking=False)

    assert sent(use_lock)(None)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: NESTED, "the closure variable 'held' → key 'deep' → item 1 → key 'socket' is a socket"),
        (lambda: (CONNECTION,), "the closure variable 'held' → item 0 is a socket"),
        (lambda: CONNECTION.send, "the closure variable 'held'"),
        (lambda: (n for n in ()), "the closure variable 'held' is a generator"),
        (lambda: threading.current_thread(), "the closure variable 'held'"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_path_to_it(make, path):
    held = make()

    def function(config):
        return held

    with pytest.raises(UnpicklableError, match="executor='inline' or 'fork'") as raised:
        pack(FunctionBody(function))
    assert path in str(raised.value)


def test_the_path_leads_through_helpers():
    held = CONNECTION

    def helper():
        return held

    def function(config):
        return helper()

    with pytest.raises(
        UnpicklableError, match="the closure variable 'helper' → the closure variable 'held' is a socket"
    ):
        pack(FunctionBody(function))
