from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from pyexp._locks import NoLocksError
from pyexp.errors import BatchOwnedError
from pyexp.store.claim import Claim, Owner, live_owner
from support.experiments import make_runner
from support.waiting import wait_until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "batch" / ".owner"


@pytest.fixture(autouse=True)
def _folder(path):
    path.parent.mkdir()


def write_owner(path, **changes):
    current = Owner.current()
    fields = {"host": current.host, "pid": current.pid, "started": current.started} | changes
    path.write_text(json.dumps(fields))


def test_claimed_batch_has_a_live_owner_until_released(path):
    claim = Claim.take(path)
    assert live_owner(path) == Owner.current()

    claim.release()

    assert live_owner(path) is None


@pytest.mark.slow
def test_second_claim_is_refused_and_names_the_owner(path):
    claim = Claim.take(path)

    with pytest.raises(BatchOwnedError, match=rf"'batch' is being worked on by process {os.getpid()} on "):
        Claim.take(path)
    claim.release()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="locks by fcntl")
def test_an_owner_that_takes_a_while_to_name_itself_is_named(path):
    import fcntl

    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        naming = threading.Timer(0.8, write_owner, [path])
        naming.start()
        with pytest.raises(BatchOwnedError, match=rf"process {os.getpid()} on "):
            Claim.take(path)
        naming.join()


@pytest.mark.slow
def test_released_batch_can_be_claimed_again(path):
    Claim.take(path).release()

    claim = Claim.take(path)

    assert live_owner(path) is not None
    claim.release()
    claim.release()


def test_copy_of_the_descriptor_does_not_keep_the_lock(path):
    claim = Claim.take(path)
    copy = os.dup(claim._descriptor)

    claim.release()

    Claim.take(path).release()
    os.close(copy)


@pytest.mark.slow
def test_lock_held_by_a_child_of_a_dead_owner_is_taken_over(path):
    code = (
        "import os, sys, time; from pathlib import Path; from pyexp.store.claim import Claim\n"
        "Claim.take(Path(sys.argv[1])); child = os.fork()\n"
        "if child: print(child, flush=True); os._exit(0)\n"
        "os.close(1); time.sleep(600)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True, check=True)
    child = int(done.stdout)

    try:
        assert live_owner(path) is None
        Claim.take(path).release()
    finally:
        os.kill(child, 9)


@pytest.mark.parametrize("pause_s", [0.2, 1.0], ids=["short", "longer than anybody waits"])
@pytest.mark.slow
def test_a_claim_that_is_not_named_yet_is_no_dead_owners(path, monkeypatch, pause_s):
    write_owner(path, started="1")
    is_locked = threading.Event()
    truncate = os.ftruncate

    def slowly(descriptor, size):
        if not is_locked.is_set():
            is_locked.set()
            time.sleep(pause_s)
        truncate(descriptor, size)

    monkeypatch.setattr(os, "ftruncate", slowly)
    claims, refusals = [], []

    def take():
        try:
            claims.append(Claim.take(path))
        except BatchOwnedError as error:
            refusals.append(error)

    first, second = threading.Thread(target=take), threading.Thread(target=take)
    first.start()
    is_locked.wait()
    second.start()
    first.join()
    second.join()

    assert (len(claims), len(refusals)) == (1, 1)
    assert live_owner(path) == Owner.current()
    claims[0].release()


@pytest.mark.parametrize(
    ("changes", "is_dead"),
    [
        ({}, False),
        ({"started": "1"}, True),
        ({"host": "another"}, False),
        ({"host": "another", "pid": 0}, False),
        ({"started": ""}, False),
    ],
)
def test_owner_is_dead_only_when_that_is_certain(changes, is_dead):
    current = Owner.current()
    fields = {"host": current.host, "pid": current.pid, "started": current.started} | changes

    assert Owner(**fields).is_dead() == is_dead


def test_ended_process_is_dead():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    wait_until(lambda: Owner(host=socket.gethostname(), pid=process.pid, started="").is_dead(), what="its end")
    process.wait()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xff"])
def test_unreadable_record_of_nobody_is_no_hindrance(path, content):
    path.write_bytes(content)

    assert live_owner(path) is None
    Claim.take(path).release()


def test_no_file_means_no_owner(path):
    assert live_owner(path) is None


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def no_locks(request, monkeypatch):
    """A file system that has no locks, as Lustre and NFS may have none."""

    def refuse(descriptor, *, shared=False):
        raise NoLocksError(request.param, os.strerror(request.param))

    monkeypatch.setattr("pyexp.store.claim.try_lock", refuse)
    monkeypatch.setattr("pyexp.store.claim._SETTLING_S", 0.01)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_living_owner_is_believed(tmp_path):
    claim = Claim.take(tmp_path / ".owner")
    assert not claim.is_locked
    assert live_owner(tmp_path / ".owner") == Owner.current()
    other = json.dumps({"host": "elsewhere", "pid": 7, "started": "1"})
    (tmp_path / ".owner").write_text(other)
    with pytest.raises(
        BatchOwnedError, match=r"process 7 on elsewhere, or was .*: this file system has no locks; .* after \d\d:"
    ):
        Claim.take(tmp_path / ".owner")
    claim.release()


@pytest.mark.usefixtures("no_locks")
def test_without_locks_an_owner_that_no_longer_touches_its_file_is_dead(tmp_path):
    path = tmp_path / ".owner"
    path.write_text(json.dumps({"host": "elsewhere", "pid": 7, "started": "1"}))
    os.utime(path, (time.time() - 91, time.time() - 91))
    assert live_owner(path) is None
    Claim.take(path).release()
    assert live_owner(path) is None
    Claim.take(path).release()


@pytest.mark.usefixtures("no_locks")
def test_without_locks_the_owner_touches_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr("pyexp.store.claim._BEAT_S", 0.01)
    path = tmp_path / ".owner"
    claim = Claim.take(path)
    os.utime(path, (1, 1))
    wait_until(lambda: path.stat().st_mtime > 1)
    claim.release()


@pytest.mark.usefixtures("no_locks")
@pytest.mark.slow
def test_without_locks_a_batch_runs_continues_and_is_read(tmp_path, capsys):
    runner = make_runner(lambda config: 1 / config.x, [{"x": 0}, {"x": 1}], tmp_path, executor="inline")
    results = runner.run()
    assert [r.status for r in results] == ["failed", "passed"]
    assert [r.status for r in runner.run(continue_run=True)] == ["failed", "passed"]
    assert [r.status for r in runner.run(report_run=True)] == ["failed", "passed"]
    assert [r.status for r in runner.results()] == ["failed", "passed"]
    assert capsys.readouterr().err.count("note: the file system of the output folder has no locks") == 2
