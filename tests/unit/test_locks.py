import errno
import multiprocessing
import os
import sys
import time

import pytest

from pyexp import _locks
from pyexp._locks import NoLocksError, lock, try_lock, unlock
from pyexp.log import Logger, LogReader

posix = pytest.mark.skipif(sys.platform == "win32", reason="flock only")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x"
    path.touch()
    return path


@pytest.fixture
def opened(path):
    """Open the file; each descriptor is another holder, as in another process."""
    descriptors = []

    def open_once_more():
        descriptors.append(os.open(path, os.O_RDWR))
        return descriptors[-1]

    yield open_once_more
    for descriptor in descriptors:
        os.close(descriptor)


def test_one_holds_it_at_a_time(opened):
    one, other = opened(), opened()
    assert try_lock(one)
    assert not try_lock(other)
    unlock(one)
    assert try_lock(other)


@posix
def test_shared_locks_keep_out_the_others_only(opened):
    one, other, third = opened(), opened(), opened()
    assert try_lock(one, shared=True)
    assert try_lock(other, shared=True)
    assert not try_lock(third)


@pytest.mark.slow
def test_patience_ends(opened):
    one, other = opened(), opened()
    lock(one)
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match=r"has kept the file locked for 0\.05 s"):
        lock(other, 0.05)
    assert time.monotonic() - begin >= 0.05


def hold_until_killed(path, is_held):
    lock(os.open(path, os.O_RDWR))
    is_held.set()
    time.sleep(60)


@pytest.mark.slow
def test_a_killed_holder_frees_it(path, opened):
    context = multiprocessing.get_context("spawn")
    is_held = context.Event()
    holder = context.Process(target=hold_until_killed, args=(path, is_held))
    holder.start()
    try:
        assert is_held.wait(30)
        assert not try_lock(opened())
    finally:
        holder.kill()
    lock(opened())
    holder.join(10)


@posix
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EIO, errno.EINVAL])
def test_a_file_system_without_locks(tmp_path, opened, monkeypatch, number):
    def refuse(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_locks.fcntl, "flock", refuse)
    for ask in (try_lock, lock, lambda descriptor: lock(descriptor, 0.1)):
        with pytest.raises(NoLocksError, match="cannot be locked") as caught:
            ask(opened())
        assert caught.value.errno == number
    with Logger(tmp_path / "run") as logger:  # goes on without
        logger.add_scalar("x", 1)
    assert LogReader(tmp_path / "run").load_scalars("x") == [(0, 1.0)]
