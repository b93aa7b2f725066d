import errno
import os

import pytest

from pyexp._files import open_regular, sync_folder, write_atomic
from pyexp.log import Logger, LogReader
from support.experiments import run_one

posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")


def make_fifo(path):
    os.mkfifo(path)


def make_link(path):
    (path.parent / "secret").write_bytes(b"secret")
    path.symlink_to(path.parent / "secret")


def make_dangling_link(path):
    path.symlink_to(path.parent / "nothing")


def make_loop(path):
    path.symlink_to(path)


def make_device_link(path):
    path.symlink_to("/dev/zero")


OTHERS = {
    "fifo": make_fifo,
    "folder": os.mkdir,
    "link": make_link,
    "dangling link": make_dangling_link,
    "loop": make_loop,
    "link to a device": make_device_link,
    "nothing": lambda path: None,
}


def test_a_regular_file_is_opened(tmp_path):
    (tmp_path / "x").write_bytes(b"content")
    with open_regular(tmp_path / "x") as file:
        assert file.read() == b"content"
    with open_regular(os.fspath(tmp_path / "x"), buffering=0) as file:
        assert file.readall() == b"content"


@posix
@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_is(tmp_path, name):
    OTHERS[name](tmp_path / "x")
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError, match="x"):
        open_regular(tmp_path / "x")
    assert len(os.listdir("/dev/fd")) == before


@posix
def test_links_may_be_followed_to_regular_files_only(tmp_path):
    make_link(tmp_path / "x")
    with open_regular(tmp_path / "x", follow_links=True) as file:
        assert file.read() == b"secret"
    make_device_link(tmp_path / "zero")
    with pytest.raises(FileNotFoundError, match="not a regular file"):
        open_regular(tmp_path / "zero", follow_links=True)


@posix
@pytest.mark.parametrize("name", ["events.pb", "scalars.jsonl", "text.jsonl", "log.jsonl"])
def test_no_reader_of_a_log_waits_for_a_fifo(tmp_path, name):
    with Logger(tmp_path, use_protobuf=name == "events.pb") as logger:
        logger.add_scalar("x", 1)
    (tmp_path / name).unlink()
    make_fifo(tmp_path / name)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("y") == []
    assert reader.entries() == []
    assert not reader.refresh().objects


@posix
def test_a_log_behind_a_link_is_read(tmp_path):
    with Logger(tmp_path / "kept") as logger:
        logger.add_scalar("x", 1)
        logger.add_text("t", "hello")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "events.pb").symlink_to(tmp_path / "kept" / "events.pb")
    reader = LogReader(tmp_path / "run")
    assert (reader["x"], reader["t"]) == ((0, 1.0), (0, "hello"))


def failing(number):
    def fsync(_):
        raise OSError(number, os.strerror(number))

    return fsync


@pytest.mark.parametrize(
    "number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP], ids=errno.errorcode.get
)
def test_a_file_system_that_cannot_sync_is_written_to_all_the_same(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", failing(number))
    write_atomic(tmp_path / "a", b"1", durable=True)
    sync_folder(tmp_path)
    assert (tmp_path / "a").read_bytes() == b"1"


@pytest.mark.parametrize("number", [errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR], ids=errno.errorcode.get)
def test_folders_are_synced_as_well_as_can_be(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", failing(number))
    sync_folder(tmp_path)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_that_fails_is_told(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", failing(number))
    for sync in (lambda: write_atomic(tmp_path / "a", b"1", durable=True), lambda: sync_folder(tmp_path)):
        with pytest.raises(OSError, match=os.strerror(number)):
            sync()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_batch_starts_where_folders_cannot_be_synced(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL))
    result = run_one(lambda config: config.x, {"x": 1}, tmp_path, executor="inline")
    assert result.result == 1
