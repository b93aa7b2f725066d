"""What is private to CPython is there, and does what it is used for, on this version."""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path

import pytest

from pyexp import _cpython


def test_hashes_are_those_of_hashlib():
    assert _cpython.blake2b(b"x").hexdigest() == hashlib.blake2b(b"x").hexdigest()
    assert _cpython.short_sha256(b"x").hexdigest() == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("text", ["", "plain", 'é"\n\x00\udcff😀'])
def test_text_is_quoted_as_json_does(text):
    assert _cpython.quote_ascii(text) == json.dumps(text)


def test_frames_of_callers_and_threads():
    def inner():
        return _cpython.calling_frame(), _cpython.calling_frame(1)

    def outer():
        return inner()

    first, second = outer()
    assert (first.f_code.co_name, second.f_code.co_name) == ("outer", "test_frames_of_callers_and_threads")
    assert _cpython.frame_of_thread(threading.get_ident()).f_code.co_name == "frame_of_thread"
    assert _cpython.frame_of_thread(None) is None


def test_threads_that_python_did_not_start():
    import _thread

    found = []
    done = threading.Event()

    def look():
        found.append(threading.current_thread())
        done.set()

    _thread.start_new_thread(look, ())

    assert done.wait(10)
    assert _cpython.is_foreign(found[0])
    assert not _cpython.is_foreign(threading.current_thread())


def test_running_loop_can_be_hidden():
    async def main():
        loop = asyncio.get_running_loop()
        assert _cpython.is_loop_running()
        _cpython.set_running_loop(None)
        try:
            assert not _cpython.is_loop_running()
            assert asyncio.run(asyncio.sleep(0, "inner")) == "inner"
        finally:
            _cpython.set_running_loop(loop)
        await asyncio.sleep(0)

    asyncio.run(main())


def test_task_can_be_left():
    async def main():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        _cpython.leave_task(loop, task)
        left = asyncio.current_task()
        asyncio.tasks._enter_task(loop, task)
        return left

    assert asyncio.run(main()) is None


@pytest.mark.parametrize(("clears", "printed"), [(False, "handler\nend\n"), (True, "end\n")])
def test_exit_handlers_are_run_or_forgotten(clears, printed):
    code = f"""
import atexit
from pyexp import _cpython
atexit.register(print, "handler")
if {clears}:
    _cpython.clear_exit_handlers()
_cpython.run_exit_handlers()
print("end")
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == printed


def test_options_of_python():
    code = "from pyexp import _cpython; print(*_cpython.python_options())"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert told.split() == ["-B", "-Werror"]


def test_starter_of_a_process_of_multiprocessing():
    assert _cpython.starter_of(multiprocessing.Process()) == os.getpid()
    assert _cpython.starter_of(object()) is None


@pytest.mark.parametrize("folder", [Path("out"), Path("/a/b"), Path(), Path("..")])
@pytest.mark.parametrize("name", ["run-1", "a b", "lr=0.1", "..."])
def test_a_child_of_a_folder_is_the_path_that_a_slash_makes(folder, name):
    child = _cpython.child_of(folder, name)
    assert (child, str(child), type(child), child.parent) == (folder / name, str(folder / name), type(folder), folder)
    assert hash(child) == hash(folder / name)
    assert pickle.loads(pickle.dumps(child)) == folder / name


VALUES = [
    {},
    [],
    "a, b",
    'q"\n',
    "é\u2028",
    "\ud800",
    1,
    -0.0,
    1e300,
    float("inf"),
    None,
    True,
    {"b": [1, {"a": "x"}], "a": []},
]


@pytest.mark.parametrize("is_there", [True, False], ids=["C", "another Python"])
@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_json_is_that_of_the_library(value, is_there, monkeypatch):
    if not is_there:
        monkeypatch.setattr(_cpython, "_make_encoder", None)
    for quote, ensure_ascii in ((_cpython.quote_ascii, True), (_cpython.quote_unicode, False)):
        for sort_keys in (True, False):
            encode = _cpython.json_encoder((", ", ":"), quote, sort_keys=sort_keys)
            kind = {"ensure_ascii": ensure_ascii, "sort_keys": sort_keys}
            assert encode(value) == json.dumps(value, separators=(", ", ":"), **kind)


@pytest.mark.parametrize("value", [object(), [1, {2}], {"a": b""}], ids=["object", "set", "bytes"])
def test_json_refuses_what_the_library_refuses(value):
    with pytest.raises(TypeError):
        _cpython.json_encoder((", ", ":"))(value)


def test_loaders_of_a_finder():
    hook = FileFinder.path_hook((SourceFileLoader, [".py", ".txt"]))
    assert _cpython.loaders_of(hook(os.getcwd())) == {".py": SourceFileLoader, ".txt": SourceFileLoader}
    assert _cpython.loaders_of(object()) == {}
