"""Bytes of an event file inserted, lost, doubled, swapped or of another log: only what is hit is lost, nothing is wrong."""

import random
import shutil
from array import array
from bisect import bisect_right

import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Content, Item, Points

TAGS = ("loss", "accuracy/train")


def value_of(tag, it, seed):
    return hash((len(tag), it, seed)) % 10_000 / 7


def write_log(folder, *, closed, blocks=30, per_block=3, seed=0):
    folder.mkdir()
    (folder / ".pyexp").touch()
    file = EventFile(folder / "events.pb")
    for block in range(blocks):
        its = range(block * per_block, (block + 1) * per_block)
        columns = [
            Points(
                tag,
                array("q", its),
                array("d", [value_of(tag, it, seed) for it in its]),
                array("d", [it + 0.5 for it in its]),
            )
            for tag in TAGS
        ]
        text = Item(
            kind="text",
            tag="note",
            iteration=block,
            time=1.0,
            contents=(Content("text/plain", b"%d of %d" % (block, seed)),),
        )
        file.prepare(columns, [(text, block)])()
    if closed:
        file.close()
    else:
        file.release()
    return (folder / "events.pb").read_bytes()


def frames(path):
    with open(path, "rb", buffering=0) as file:
        return [(frame.offset, frame.end) for frame in Tail().frames(file, path.stat().st_size)]


def insert(data, bounds, chance):
    at, size = chance.randrange(len(data)), chance.randrange(1, 101)
    return data[:at] + chance.randbytes(size) + data[at:], {at}


def delete(data, bounds, chance):
    at, size = chance.randrange(len(data) - 100), chance.randrange(1, 101)
    return data[:at] + data[at + size :], set(range(at, at + size))


def insert_then_delete(data, bounds, chance):
    """What lies between is moved, what lies behind is not."""
    at, size = chance.randrange(len(data) // 2), chance.randrange(1, 101)
    end = chance.randrange(len(data) // 2, len(data) - 100)
    return data[:at] + bytes(size) + data[at:end] + data[end + size :], {at, *range(end, end + size)}


def double(data, bounds, chance):
    begin, end = chance.choice(bounds)
    return data[:end] + data[begin:], set()


def double_elsewhere(data, bounds, chance):
    (begin, end), (at, _) = chance.choice(bounds), chance.choice(bounds)
    return data[:at] + data[begin:end] + data[at:], set()


def swap(data, bounds, chance):
    (one, one_end), (two, two_end) = sorted(chance.sample(bounds, 2))
    return data[:one] + data[two:two_end] + data[one_end:two] + data[one:one_end] + data[two_end:], set()


def zero(data, bounds, chance):
    at, size = chance.randrange(len(data) - 300), chance.randrange(1, 300)
    return data[:at] + bytes(size) + data[at + size :], set(range(at, at + size))


def drop(data, bounds, chance):
    begin, end = chance.choice(bounds)
    return data[:begin] + data[end:], set(range(begin, end))


KINDS = [insert, delete, insert_then_delete, double, double_elsewhere, swap, zero, drop]


def check(folder, lost_blocks, per_block=3, blocks=30, seed=0):
    reader = LogReader(folder)
    for tag in TAGS:
        series = reader.read_series(tag)
        assert [*series.iterations] == sorted(set(series.iterations))
        for it, value, time in zip(series.iterations, series.values, series.times, strict=True):
            assert (value, time) == (value_of(tag, it, seed), it + 0.5)
        missing = {it // per_block for it in {*range(blocks * per_block)} - {*series.iterations}}
        assert missing <= lost_blocks
        if len(series):
            assert reader[tag] == (series.iterations[-1], series.values[-1])
        assert reader.point_count(tag) == len(series)
    texts = reader.load_text("note")
    assert all(text == f"{it} of {seed}" for it, text in texts)
    assert {*range(blocks)} - {it for it, _ in texts} <= lost_blocks
    assert [it for it, _ in texts] == sorted({it for it, _ in texts})
    follower = LogReader(folder)
    follower.refresh()
    assert follower.load_scalars(TAGS[0]) == reader.load_scalars(TAGS[0])


def hit_blocks(bounds, hit):
    """The blocks of which a record is hit: the first record is the attempt, then points and text take turns."""
    begins = [begin for begin, _ in bounds]
    records = {bisect_right(begins, at) - 1 for at in hit if begins[0] <= at < bounds[-1][1]}
    return {(number - 1) // 2 for number in records}


@pytest.mark.slow
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("count", [15, pytest.param(1000, marks=pytest.mark.stress)])
def test_only_what_is_hit_is_lost(tmp_path, kind, closed, count):
    data = write_log(tmp_path / "run", closed=closed)
    bounds = frames(tmp_path / "run" / "events.pb")
    chance = random.Random(3)
    for _ in range(count):
        damaged, hit = kind(data, bounds[1:61], chance)
        (tmp_path / "run" / "events.pb").write_bytes(damaged)
        check(tmp_path / "run", hit_blocks(bounds, hit))


@pytest.mark.slow
@pytest.mark.parametrize("closed", [True, False])
def test_a_splice_of_another_log(tmp_path, closed):
    """Both logs have records at the same places."""
    ours = write_log(tmp_path / "run", closed=closed)
    bounds = frames(tmp_path / "run" / "events.pb")
    theirs = write_log(tmp_path / "other", closed=closed, seed=1)
    assert frames(tmp_path / "other" / "events.pb") == bounds
    chance = random.Random(4)
    for _ in range(12):
        begin, end = sorted(chance.sample(range(1, len(bounds)), 2))
        hit = {*range(bounds[begin][0], bounds[end][0])}
        for spliced in (theirs[min(hit) : max(hit) + 1], theirs[min(hit) :], theirs[len(theirs) // 2 : max(hit) + 1]):
            damaged = ours[: min(hit)] + spliced + ours[max(hit) + 1 :]
            (tmp_path / "run" / "events.pb").write_bytes(damaged)
            check(tmp_path / "run", hit_blocks(bounds, hit))


def behind_something_else(data, _):
    return b"HTTP/1.1 200 OK\r\n\r\n" + data, set()


def without_its_begin(data, _):
    return data[57:], {*range(57)}


def twice(data, _):
    return data + data, set()


def before_another(data, theirs):
    return data + theirs, set()


def with_line_ends_of_windows(data, _):
    """As a transfer as text makes it; whatever holds a line end is hit."""
    hit = {at for at, byte in enumerate(data) if byte == 0x0A}
    return data.replace(b"\n", b"\r\n"), hit


def backwards(data, _):
    """Its second half before its first one, cut within a record."""
    return data[len(data) // 2 :] + data[: len(data) // 2], {len(data) // 2}


WHOLE = [behind_something_else, without_its_begin, twice, before_another, with_line_ends_of_windows, backwards]


@pytest.mark.filterwarnings("ignore:.*is not an event log")  # where by chance every record has a line end
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
@pytest.mark.slow
def test_a_file_that_a_transfer_damaged(tmp_path, kind, closed):
    data = write_log(tmp_path / "run", closed=closed)
    bounds = frames(tmp_path / "run" / "events.pb")
    damaged, hit = kind(data, write_log(tmp_path / "other", closed=closed, seed=1))
    (tmp_path / "run" / "events.pb").write_bytes(damaged)
    check(tmp_path / "run", hit_blocks(bounds, hit))


def test_a_log_that_was_moved_is_gone_on_with(tmp_path):
    data = write_log(tmp_path / "run", closed=False)
    bounds = frames(tmp_path / "run" / "events.pb")
    path = tmp_path / "run" / "events.pb"
    begin, end = bounds[21]  # points
    path.write_bytes(data[:begin] + data[end:])
    follower = LogReader(tmp_path / "run")
    follower.refresh()
    with Logger(tmp_path / "run") as logger:
        for it in range(90, 95):
            logger.log({tag: value_of(tag, it, 0) for tag in TAGS}, step=it)
            logger.flush()
            follower.refresh()
    expected = [it for it in range(95) if not 30 <= it < 33]
    for reader in (follower, LogReader(tmp_path / "run")):
        assert [it for it, _ in reader.load_scalars("loss")] == expected
        assert all(value == value_of("loss", it, 0) for it, value in reader.load_scalars("loss"))


@pytest.mark.slow
def test_the_bytes_of_a_log_in_a_logged_object_are_no_records(tmp_path):
    """Neither while the object is being written nor when its head is damaged."""
    first = write_log(tmp_path / "other", closed=False, seed=1)
    write_log(tmp_path / "run", closed=False)
    path = tmp_path / "run" / "events.pb"
    own = path.read_bytes()
    file = EventFile(path)
    for number, blob in enumerate((first, own)):
        contents = (Content("application/x-pickle", blob),)
        item = Item(kind="checkpoint", tag="copy", iteration=number, time=1.0, contents=contents)
        file.prepare([], [(item, number)])()
    file.release()
    whole = path.read_bytes()
    for size in range(len(own), len(whole), 997):
        path.write_bytes(whole[:size])
        check(tmp_path / "run", set())
    for blob in (first, own):
        damaged = bytearray(whole)
        damaged[whole.index(blob) - 20] ^= 1
        path.write_bytes(damaged)
        check(tmp_path / "run", set())


def test_two_copies_of_one_run_are_one_log(tmp_path):
    write_log(tmp_path / "run", closed=True)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    check(tmp_path / "copy", set())


@pytest.mark.parametrize("lost", [0, 7, 28])
def test_counting_first_changes_no_answer(tmp_path, lost):
    """The index lists two records that are not there any more."""
    path = tmp_path / "run" / "events.pb"
    data = bytearray(write_log(tmp_path / "run", closed=True, per_block=50))
    begin, following = [at for at, end in frames(path) if TAGS[0].encode() in data[at:end]][lost : lost + 2]
    data[begin : following + 60] = random.Random(lost).randbytes(following + 60 - begin)
    path.write_bytes(data)
    counted, read = LogReader(tmp_path / "run"), LogReader(tmp_path / "run")

    assert counted.point_count("loss") == len(read.load_scalars("loss"))
    assert counted.load_scalars("loss") == read.load_scalars("loss")
    assert counted.damage == read.damage > 0
