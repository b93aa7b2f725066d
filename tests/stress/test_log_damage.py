"""R16: whatever happens to the bytes of an event file, no wrong value, no exception, at most one record lost per damage."""

import random
import resource
import sys
from array import array
from contextlib import nullcontext

import pytest

from pyexp.log import LogReader, repair
from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import merging, rewriting, scalar_blocks
from pyexp.log.eventfile import sink as event_file
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Content, Item, Points

TAGS = ("loss", "accuracy/train", "ü")
BLOCKS = 12
PER_BLOCK = 7
COUNTS = [pytest.param(60, id="few"), pytest.param(1000, id="full", marks=pytest.mark.stress)]


@pytest.fixture(autouse=True, params=[(250, False), (5, False), (5, True)], ids=["at the end", "often", "written anew"])
def merged(request, monkeypatch):
    """Merge blocks at the end or often; then write the closed file anew, in blocks as long as those before."""
    blocks, is_anew = request.param
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", blocks)
    monkeypatch.setattr(merging, "LEAST_BLOCKS", min(blocks, 8))
    monkeypatch.setattr(merging, "MOST_POINTS", PER_BLOCK)
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", 1 if is_anew else sys.maxsize)
    monkeypatch.setattr(rewriting, "LEAST_SAVED_PART", -9.0)
    if is_anew:
        monkeypatch.setattr(scalar_blocks, "POINTS_PER_BLOCK", PER_BLOCK)
    return is_anew


def value_of(tag, iteration):
    return hash((len(tag), iteration)) % 10_000 / 7


def write_log(folder, *, closed):
    (folder / ".pyexp").touch()
    file = EventFile(folder / "events.pb")
    for block in range(BLOCKS):
        iterations = range(block * PER_BLOCK, (block + 1) * PER_BLOCK)
        columns = [
            Points(
                tag,
                array("q", iterations),
                array("d", [value_of(tag, it) for it in iterations]),
                array("d", [1e9 + it for it in iterations]),
            )
            for tag in TAGS
        ]
        text = Item(
            kind="text",
            tag="note",
            iteration=block,
            time=1.0,
            contents=(Content("text/plain", f"text {block}".encode()),),
        )
        blob = Item(
            kind="checkpoint",
            tag="model",
            iteration=block,
            time=1.0,
            contents=(Content("application/x-pickle", bytes(random.Random(block).randbytes(3000))),),
        )
        file.prepare(columns, [(text, block), (blob, block)])()
    if closed:
        file.close()
    else:
        file.release()
    return (folder / "events.pb").read_bytes()


def test_r16_is_about_merged_blocks(tmp_path, merged):
    write_log(tmp_path, closed=True)
    message = events_pb2.EventFile.FromString((tmp_path / "events.pb").read_bytes())
    assert any(record.HasField("merged") for record in message.record) is not merged
    assert sum(record.HasField("scalars") for record in message.record) == len(TAGS) * BLOCKS if merged else BLOCKS


def check(folder, *, lost_blocks=1, lost_objects=1, first_block=0):
    """Read everything there is; every value must be one that was written."""
    with LogReader(folder) as reader:
        assert reader.scalar_tags <= set(TAGS)
        lost = 0
        for tag in TAGS:
            series = reader.read_series(tag)
            for iteration, value, time in zip(series.iterations, series.values, series.times, strict=True):
                assert value == value_of(tag, iteration)
                assert time == 1e9 + iteration
            assert len(set(series.iterations)) == len(series)
            missing = {it // PER_BLOCK for it in range(BLOCKS * PER_BLOCK)} - {
                it // PER_BLOCK for it in series.iterations
            }
            lost = max(lost, len(missing))
        assert lost <= lost_blocks
        texts = reader.load_text("note")
        assert all(text == f"text {iteration}" for iteration, text in texts)
        blobs = 0
        for entry in reader.entries("checkpoint"):
            [data] = reader._source.contents([entry.parts[0]])
            if data is not None:
                assert data == random.Random(entry.iteration).randbytes(3000)
                blobs += 1
        assert (BLOCKS - len(texts)) + (BLOCKS - blobs) + lost <= max(lost_blocks, lost_objects)
        return reader.damage


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("closed", [True, False])
def test_r16_bit_flips(tmp_path, count, closed):
    whole = write_log(tmp_path, closed=closed)
    chance = random.Random(16)
    for _ in range(count):
        damaged = bytearray(whole)
        bit = chance.randrange(8 * len(whole))
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "events.pb").write_bytes(damaged)
        check(tmp_path)


@pytest.mark.parametrize("count", COUNTS)
def test_r16_cuts(tmp_path, count):
    """What lies before the cut is all there; `repair` makes the rest a whole protobuf message."""
    whole = write_log(tmp_path, closed=True)
    chance = random.Random(17)
    for _ in range(count):
        cut = chance.randrange(len(whole))
        (tmp_path / "events.pb").write_bytes(whole[:cut])
        before = read_counts(tmp_path)
        removed = repair(tmp_path)
        kept = (tmp_path / "events.pb").read_bytes()
        assert len(kept) == cut - removed
        message = events_pb2.EventFile.FromString(kept)
        assert kept + whole[len(kept) : cut] == whole[:cut]
        assert message.SerializeToString() or not message.record
        assert read_counts(tmp_path) == before
        following = events_pb2.EventFile.FromString(whole).record[len(message.record)]
        assert removed < following.ByteSize() + 20  # which leaves out fields that are zero


def read_counts(folder):
    with LogReader(folder) as reader:
        return {tag: reader.load_scalars(tag) for tag in TAGS}, reader.load_text("note"), reader.damage


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("locks", [True, False])
def test_r16_torn_record_then_append(tmp_path, monkeypatch, count, locks):
    """Another writer appends behind a torn record: only that one is lost, and `repair` makes the file whole.

    Where the file system has locks, the record is cut off first.
    """
    whole = write_log(tmp_path, closed=False)
    chance = random.Random(18)
    if not locks:
        monkeypatch.setattr(event_file, "locked", lambda *_: nullcontext(enter_result=False))
    for _ in range(count):
        cut = chance.randrange(60, len(whole))
        path = tmp_path / "events.pb"
        path.write_bytes(whole[:cut])
        expected = read_counts(tmp_path)
        file = EventFile(path, is_new_attempt=False)
        iterations = range(1000, 1003)
        for tag in TAGS:
            column = Points(
                tag, array("q", iterations), array("d", [value_of(tag, it) for it in iterations]), array("d", [0.0] * 3)
            )
            file.prepare([column], [])()
        file.release()
        for _ in range(2):
            with LogReader(tmp_path) as reader:
                for tag in TAGS:
                    assert reader.load_scalars(tag) == expected[0][tag] + [(it, value_of(tag, it)) for it in iterations]
                assert reader.load_text("note") == expected[1]
                damage = reader.damage
            covered = repair(tmp_path)
            if covered or not damage:
                events_pb2.EventFile.FromString(path.read_bytes())
        assert not covered
        assert damage <= (not locks)


@pytest.mark.parametrize("count", COUNTS)
def test_r16_absurd_lengths(tmp_path, count):
    whole = write_log(tmp_path, closed=True)
    chance = random.Random(19)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        damaged = bytearray(whole)
        at = chance.randrange(len(whole) - 4)
        damaged[at : at + 4] = b"\xff\xff\xff\xff"
        (tmp_path / "events.pb").write_bytes(damaged)
        check(tmp_path, lost_blocks=2, lost_objects=2)  # four bytes may lie across two records
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 50e6


def test_r16_noise_is_no_log(tmp_path):
    chance = random.Random(20)
    for size in (0, 1, 20, 21, 5000, 200_000):
        (tmp_path / "events.pb").write_bytes(chance.randbytes(size))
        with LogReader(tmp_path) as reader:
            reader.refresh()
            assert reader.scalar_tags == set()
            assert reader.entries() == []
            assert (reader.problem is None) == (size == 0)
