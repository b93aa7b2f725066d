"""A closed log is written anew where that makes it small: it says the same, and nobody who writes or reads loses any."""

import math
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
from array import array
from contextlib import contextmanager, suppress

import pytest

from pyexp.errors import LogWriteError
from pyexp.log import Logger, LogReader, load_messages, repair
from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile import merging, rewriting
from pyexp.log.eventfile import sink as event_file
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.kinds import KINDS
from pyexp.log.values.events import Content, Item, Points

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no lock there by which others would be known")
TAGS = ("loss", "accuracy/train", "ü 🙂", "")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Merge often, and write small logs anew, too."""
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 10)
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", 1)


def row(it, tags=("a", "b")):
    return [Points(tag, array("q", [it]), array("d", [it / 7]), array("d", [it + 0.5])) for tag in tags]


def blob(it, size=10):
    data = random.Random(it).randbytes(size)
    content = Content("application/x-pickle", data)
    return Item(kind="checkpoint", tag="model", iteration=it, time=it + 0.25, contents=(content,))


def write(folder, steps, *, begin=0, closed=True):
    folder.mkdir(exist_ok=True)
    (folder / ".pyexp").touch()
    file = EventFile(folder / "events.pb")
    for it in range(begin, begin + steps):
        file.prepare(row(it), [(blob(it), it)] if it % 20 == 0 else [])()
    file.close() if closed else file.release()
    return folder / "events.pb"


def answers(folder):
    """Return all that a reader says of a log, but where it lies in the file."""
    reader = LogReader(folder)
    scalars = {}
    for tag in reader.scalar_tags:
        series = reader.read_series(tag)
        scalars[tag] = [*series.iterations], series.values.tobytes(), series.times.tobytes()
        middle = reader.read_series(tag, len(series) // 2)
        scalars[f"half of {tag}"] = [*middle.iterations], middle.values.tobytes()
        scalars[f"last of {tag}"], scalars[f"count of {tag}"] = repr(reader[tag]), reader.point_count(tag)
    objects = [
        (entry.kind, entry.tag, entry.iteration, entry.time, entry.interactive, [*map(reader.read_part, entry.parts)])
        for entry in reader.entries()
    ]
    tags = {kind: reader.tags(kind) for kind in KINDS}
    return scalars, objects, tags, reader.attempts, reader.damage, reader.problem, reader.hparams, reader.iterations


def points_in(folder):
    reader = LogReader(folder)
    assert reader.damage == 0
    return {tag: reader.load_scalars(tag) for tag in reader.scalar_tags}


def expected(*iterations):
    return {tag: [(it, it / 7) for it in iterations] for tag in ("a", "b")}


def heads(path):
    return [record.WhichOneof("head") for record in events_pb2.EventFile.FromString(path.read_bytes()).record]


@contextmanager
def unchanged(path):
    """Check that the file is still the same one."""
    before = path.stat().st_ino
    yield
    assert path.stat().st_ino == before


def log_anything(folder, chance):
    """Log what there is, in several attempts, some of which were killed and some of which joined; leave it open."""
    files = [EventFile(folder / "events.pb")]
    for _ in range(chance.randrange(1, 120)):
        match chance.randrange(40):
            case 0:
                chance.choice([EventFile.close, EventFile.release])(files.pop())
                files = files or [EventFile(folder / "events.pb")]
            case 1:
                files.append(files[-1].reopened())
            case 2:
                files.append(EventFile(folder / "events.pb"))
        chance.choice(files).prepare(*anything(chance))()
    for file in files[1:]:
        file.release()
    return files[0]


def anything(chance):
    columns, it = [], chance.choice([chance.randrange(60), -(1 << 63), (1 << 63) - 1])
    for tag in chance.sample(TAGS, chance.randrange(len(TAGS) + 1)):
        count = chance.choice([1, 1, 1, 1, 2, 30])
        step, begin = chance.choice([0, 1, 1, 2, -1]), chance.choice([it, len(columns) * count])
        its = [chance.randrange(50) for _ in range(count)]
        if chance.random() < 0.7 and abs(begin) < 100:
            its = [begin + step * number for number in range(count)]
        values = [chance.choice([chance.random(), math.nan, -math.inf, -0.0]) for _ in range(count)]
        times = [chance.choice([0.0, 1e9 + chance.random()]) for _ in range(count)]
        columns.append(Points(tag, array("q", its), array("d", values), array("d", times)))
    kind, data, media = chance.choice(
        [("text", "tëxt".encode(), "text/plain"), ("hparams", b'{"hparams": {"x": 1}}', "application/json")]
    )
    item = Item(kind=kind, tag=chance.choice(TAGS), iteration=it, time=1e9, contents=(Content(media, data),))
    return columns, [(item, it)] if chance.random() < 0.2 else []


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.slow
def test_any_log_says_the_same_once_it_is_closed(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(rewriting, "LEAST_SAVED_PART", -9.0)
    monkeypatch.setattr(rewriting, "_POINTS_AT_ONCE", random.Random(seed).choice([1, 40, 10_000]))
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".pyexp").touch()
    file = log_anything(folder, random.Random(seed))
    shutil.copytree(folder, tmp_path / "unclosed")
    before = (folder / "events.pb").stat().st_ino
    file.close()
    assert (folder / "events.pb").stat().st_ino != before
    assert sorted(os.listdir(folder)) == [".pyexp", "events.pb"]
    assert answers(folder) == answers(tmp_path / "unclosed")
    assert "merged" not in heads(folder / "events.pb")


@pytest.mark.slow
def test_a_closed_log_has_each_number_once(tmp_path):
    path = write(tmp_path / "run", 400)
    kinds = heads(path)
    assert kinds == ["attempt", *["object"] * 20, "scalars", "index", "end"]
    assert path.stat().st_size < 20 * 800 + 20 * 150
    with open(path, "rb", buffering=0) as file:
        tail = Tail(checks_stamps=True)
        numbers = [frame.number for frame in tail.frames(file, path.stat().st_size)]
        assert (tail.damaged, tail.foreign, tail.offset) == ([], [], path.stat().st_size)
    assert numbers == [*range(len(kinds) - 1), None]
    assert sum(len(record.value) for record in load_messages(path)) == 800
    before = path.read_bytes()
    assert repair(path) == 0
    assert path.read_bytes() == before


def test_what_earlier_versions_wrote_without_stamps_is_kept(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        seal = event_file.framing.seal
        patch.setattr(event_file.framing, "seal", lambda head, size, offset, _: seal(head, size, offset))
        write(tmp_path / "run", 45, closed=False)
    path = write(tmp_path / "run", 45, begin=45)
    assert heads(path).count("scalars") == 2
    assert points_in(tmp_path / "run") == expected(*range(90))
    assert [it for it, _ in iterations_and_bytes(tmp_path / "run")] == [0, 20, 40, 60, 80]


def iterations_and_bytes(folder):
    reader = LogReader(folder)
    return [(entry.iteration, reader.read_part(entry.parts[0])) for entry in reader.entries()]


@pytest.mark.parametrize(
    "change",
    [
        lambda: write_with(100, per_block=50),
        lambda: write_with(3),
        lambda: write_with(60, object_bytes=100_000),
    ],
    ids=["long blocks", "few points", "large objects"],
)
def test_what_would_gain_little_stays(tmp_path, monkeypatch, change):
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", 1 << 10)
    file = change()(tmp_path)
    with unchanged(tmp_path / "events.pb"):
        file.close()


def write_with(points, *, per_block=1, object_bytes=0):
    def begin(folder):
        file = EventFile(folder / "events.pb")
        for at in range(0, points, per_block):
            its = array("q", range(at, at + per_block))
            items = [(blob(at, object_bytes), at)] if object_bytes and not at else []
            file.prepare([Points("a", its, array("d", its), array("d", its))], items)()
        return file

    return begin


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_RECORDS"])
def test_what_would_take_long_stays(tmp_path, monkeypatch, limit):
    path = write(tmp_path / "run", 60, closed=False)
    monkeypatch.setattr(rewriting, limit, 5)
    with unchanged(path):
        EventFile(path, is_new_attempt=False).close()
    assert points_in(tmp_path / "run") == expected(*range(60))


def flip_in_an_object(path):
    data = bytearray(path.read_bytes())
    at = data.index(random.Random(20).randbytes(10))
    data[at - 40] ^= 1  # in its head
    path.write_bytes(data)


def flip_in_a_small_block(path):
    data = bytearray(path.read_bytes())
    data[data.rindex(b"\x01a") - 30] ^= 1  # in the header of the last one, before it is merged
    path.write_bytes(data)


def insert_bytes(path):
    data = path.read_bytes()
    at = data.index(random.Random(20).randbytes(10))
    path.write_bytes(data[: at + 60] + b"inserted" + data[at + 60 :])


@pytest.mark.parametrize("damage", [flip_in_an_object, flip_in_a_small_block, insert_bytes])
def test_a_damaged_log_stays(tmp_path, damage):
    path = write(tmp_path / "run", 55, closed=False)
    damage(path)
    file = EventFile(path)
    for it in range(100, 150):
        file.prepare(row(it), [])()
    with unchanged(path):
        file.close()
    assert LogReader(tmp_path / "run").damage > 0


def test_a_log_of_a_later_version_stays(tmp_path, monkeypatch):
    path = write(tmp_path / "run", 55, closed=False)
    file = EventFile(path, is_new_attempt=False)
    file._follow(is_locked=True)
    file._append([(b"\xfa\x01\x00", [])])  # a head of number 31
    with unchanged(path):
        file.close()


# Other writers


def fork(action):
    """Do something in a forked child and return its exit code."""
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    with suppress(BaseException):
        action()
        code = 0
    os._exit(code)


@pytest.mark.parametrize("logs_before", [True, False])
@pytest.mark.parametrize("steps", [5, 60])
@pytest.mark.slow
def test_a_forked_child_loses_nothing(tmp_path, logs_before, steps):
    """Whether the child has the file open when the parent closes, or opens what is in its place by then."""
    logger = Logger(tmp_path / "run")
    for it in range(steps):
        logger.log({"a": it / 7, "b": it / 7}, step=it)
        logger.flush()
    begun, goes_on = os.pipe(), os.pipe()

    def log():
        if logs_before:
            logger.log({"a": 1000 / 7, "b": 1000 / 7}, step=1000)
            logger.flush()
        os.write(begun[1], b"x")
        os.read(goes_on[0], 1)
        for it in range(1001, 1040):
            logger.log({"a": it / 7, "b": it / 7}, step=it)
            logger.flush()
        logger.close()

    waiting = threading.Thread(target=lambda: codes.append(fork(log)))
    codes = []
    waiting.start()
    os.read(begun[0], 1)
    before = (tmp_path / "run" / "events.pb").stat().st_ino
    logger.close()
    is_same = (tmp_path / "run" / "events.pb").stat().st_ino == before
    os.write(goes_on[1], b"x")
    waiting.join()
    for end in (*begun, *goes_on):
        os.close(end)
    assert codes == [0]
    assert is_same == logs_before or steps == 5
    assert points_in(tmp_path / "run") == expected(*range(steps), *range(1001 - logs_before, 1040))


def test_another_logger_of_this_process_loses_nothing(tmp_path):
    write(tmp_path / "run", 60, closed=False)
    one, two = Logger(tmp_path / "run"), Logger(tmp_path / "run")
    with unchanged(tmp_path / "run" / "events.pb"):
        one.close()
    two.log({"a": 60 / 7, "b": 60 / 7}, step=60)
    two.close()
    assert points_in(tmp_path / "run") == expected(*range(61))


@pytest.mark.slow
def test_a_later_attempt_of_another_process_loses_nothing(tmp_path):
    write(tmp_path / "run", 60, closed=False)
    code = f"""
import sys
from pyexp.log import Logger
logger = Logger({str(tmp_path / "run")!r})
print(flush=True)
sys.stdin.readline()
logger.log(dict(a=60/7, b=60/7), step=60)
logger.close()
"""
    one = Logger(tmp_path / "run")
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as other:
        other.stdout.readline()
        with unchanged(tmp_path / "run" / "events.pb"):
            one.close()
        other.communicate("\n")
    assert points_in(tmp_path / "run") == expected(*range(61))


def test_one_that_waits_for_the_file_takes_the_new_one(tmp_path, monkeypatch):
    path = write(tmp_path / "run", 60, closed=False)
    opened, real_open, rewrite = threading.Event(), os.open, rewriting.rewrite
    made = []

    def open_and_tell(*args):
        descriptor = real_open(*args)
        if args[0] == path:
            opened.set()
        return descriptor

    def rewrite_later(*args):
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", open_and_tell)
            thread.start()
            assert opened.wait(30)
        rewrite(*args)

    thread = threading.Thread(target=lambda: made.append(EventFile(path)))
    monkeypatch.setattr(rewriting, "rewrite", rewrite_later)
    with monkeypatch.context() as patch:
        patch.setattr(event_file.Presence, "is_alone", lambda *_: True)
        EventFile(path, is_new_attempt=False).close()
    thread.join()
    made[0].prepare(row(60), [])()
    made[0].release()
    assert points_in(tmp_path / "run") == expected(*range(61))
    assert len(LogReader(tmp_path / "run").attempts) == 2


def test_a_child_whose_log_was_written_anew_goes_on_with_it(tmp_path, monkeypatch):
    """What the parent knew of places in its file holds no more."""
    file = EventFile(write(tmp_path / "run", 5), is_new_attempt=False)
    for it in range(5, 60):
        file.prepare(row(it), [])()
    file.release()
    path = write(tmp_path / "run", 60, begin=60)
    child = file.reopened()
    child.prepare(row(120), [])()
    assert heads(path)[-2:] == ["end", "scalars"]
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", sys.maxsize)
    child.close()
    assert points_in(tmp_path / "run") == expected(*range(121))
    with open(path, "rb", buffering=0) as opened:
        chain, _ = indexing.load_chain(opened, path.stat().st_size)
    assert chain


def test_where_the_marker_was_removed_others_are_not_known(tmp_path):
    path = write(tmp_path / "run", 60, closed=False)
    file = EventFile(path)
    (tmp_path / "run" / ".pyexp").unlink()
    with unchanged(path):
        file.close()


# Kills, disks, folders


def cut_power(point, write_part):
    """End this process at the *point*-th thing that is done to the disk, a write after some of it."""
    left = [point]

    def counted(function):
        def wrapper(*args, **kwargs):
            left[0] -= 1
            if not left[0]:
                if function is write_part:
                    function(args[0], args[1][: len(args[1]) // 2])
                os._exit(7)
            return function(*args, **kwargs)

        return wrapper

    for name in ("open", "fsync", "replace", "write", "fchmod", "utime", "close", "ftruncate"):
        setattr(os, name, counted(getattr(os, name)))
    rewriting.framing.seal = counted(rewriting.framing.seal)
    rewriting.read_at = counted(rewriting.read_at)


def close_until(path, point):
    file = EventFile(path, is_new_attempt=False)
    cut_power(point, os.write)
    file.close()


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path):
    points, codes = expected(*range(60)), []
    sizes = set()
    for point in range(1, 200):
        folder = tmp_path / str(point)
        path = write(folder, 60, closed=False)
        codes.append(fork(lambda path=path, point=point: close_until(path, point)))
        assert points_in(folder) == points
        assert len(iterations_and_bytes(folder)) == 3
        sizes.add(path.stat().st_size)
        Logger(folder).close()
        assert sorted(os.listdir(folder)) == [".pyexp", "events.pb"]
        assert points_in(folder) == points
        if codes[-1] == 0:
            break
    assert set(codes) == {0, 7}
    assert len(codes) > 15
    assert max(sizes) > 2 * min(sizes)


def test_the_new_file_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    """A power cut in between must not cost what was there before."""
    path = write(tmp_path / "run", 60, closed=False)
    done, sync, replace = [], os.fsync, os.replace

    def note(function, descriptor_or_path, *args):
        done.append((function.__name__, os.stat(descriptor_or_path).st_ino, os.stat(descriptor_or_path).st_size))
        return function(descriptor_or_path, *args)

    monkeypatch.setattr(os, "fsync", lambda descriptor: note(sync, descriptor))
    monkeypatch.setattr(os, "replace", lambda *paths: note(replace, *paths))
    EventFile(path, is_new_attempt=False).close()
    whole = path.stat().st_ino, path.stat().st_size
    assert done == [("fsync", *whole), ("replace", *whole)]


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("fsync", OSError(28, "No space left on device")),
        ("replace", OSError(16, "Device or resource busy")),
        ("fchmod", PermissionError(1, "Operation not permitted")),
        ("utime", PermissionError(1, "Operation not permitted")),
    ],
)
def test_what_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch, name, error):
    path = write(tmp_path / "run", 60, closed=False)
    file = EventFile(path, is_new_attempt=False)
    with unchanged(path), monkeypatch.context() as patch:
        patch.setattr(os, name, raising(error))
        file.close()
    assert sorted(os.listdir(tmp_path / "run")) == [".pyexp", "events.pb"]
    assert heads(path)[-1] == "end"
    assert points_in(tmp_path / "run") == expected(*range(60))


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    path = write(tmp_path / "run", 60, closed=False)
    with Logger(tmp_path / "run") as logger:
        logger.log({"a": 60 / 7, "b": 60 / 7}, step=60)
        logger.flush()
        monkeypatch.setattr(rewriting, "open_atomic", raising(PermissionError(13, "Permission denied")))
    assert points_in(tmp_path / "run") == expected(*range(61))
    assert heads(path)[-1] == "end"


def test_a_folder_that_was_moved(tmp_path):
    file = EventFile(write(tmp_path / "run", 60, closed=False), is_new_attempt=False)
    (tmp_path / "run").rename(tmp_path / "moved")
    size = (tmp_path / "moved" / "events.pb").stat().st_size
    file.close()
    assert (tmp_path / "moved" / "events.pb").stat().st_size < size
    assert points_in(tmp_path / "moved") == expected(*range(60))
    assert not (tmp_path / "run").exists()


def test_a_folder_that_was_removed(tmp_path):
    logger = Logger(write(tmp_path / "run", 60, closed=False).parent)
    shutil.rmtree(tmp_path / "run")
    with suppress(LogWriteError):
        logger.close()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_with_links_stays(tmp_path, link):
    path = write(tmp_path / "elsewhere", 60, closed=False)
    (tmp_path / "run").mkdir()
    link(path, tmp_path / "run" / "events.pb")
    with unchanged(path):
        Logger(tmp_path / "run").close()
    assert os.path.samefile(path, tmp_path / "run" / "events.pb")
    assert points_in(tmp_path / "run") == expected(*range(60))


def test_a_linked_folder_is_no_obstacle(tmp_path):
    path = write(tmp_path / "elsewhere", 60, closed=False)
    size = path.stat().st_size
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    Logger(tmp_path / "run").close()
    assert path.stat().st_size < size


def test_owner_permissions_and_time_stay(tmp_path):
    path = write(tmp_path / "run", 60, closed=False)
    path.chmod(0o640)
    with suppress(PermissionError):
        os.chown(path, 12345, 23456)
    with suppress(OSError):
        os.setxattr(path, "user.note", b"mine")
    file = EventFile(path, is_new_attempt=False)
    was = path.stat()
    file.close()
    now = path.stat()
    assert now.st_ino != was.st_ino
    assert stat.S_IMODE(now.st_mode) == 0o640
    assert (now.st_uid, now.st_gid) == (was.st_uid, was.st_gid)
    assert 0 <= now.st_mtime_ns - was.st_mtime_ns < 10**10
    with suppress(OSError):
        assert os.getxattr(path, "user.note") == b"mine"


def test_left_files_of_others_stay(tmp_path):
    """What a killed logger left is removed by the next one; the run's folder may hold what others are writing."""
    path = write(tmp_path / "run", 60)
    for name in (".events.pb.1.0.tmp", ".status.json.1.0.tmp", ".events.pb.old.1.0.tmp"):
        (tmp_path / "run" / name).touch()
    EventFile(path).release()
    assert sorted(os.listdir(tmp_path / "run")) == [
        ".events.pb.old.1.0.tmp",
        ".pyexp",
        ".status.json.1.0.tmp",
        "events.pb",
    ]
