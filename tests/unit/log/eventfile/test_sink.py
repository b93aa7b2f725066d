import os
import subprocess
import sys
from array import array
from contextlib import nullcontext
from pathlib import Path

import pytest

from pyexp import __version__
from pyexp.errors import LogError
from pyexp.log import Logger, LogReader, read_bytes, repair
from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import codec
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile import sink as event_file
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Content, Item, Points

PROTO = Path(__file__).parents[4] / "proto"


def points(tag, iterations):
    return Points(tag, array("q", iterations), array("d", iterations), array("d", iterations))


def test_a_whole_file_is_one_message(tmp_path):
    with Logger(tmp_path) as logger:
        logger.add_scalar("a", 0.5)
        logger.add_text("t", "hello")
    message = events_pb2.EventFile.FromString((tmp_path / "events.pb").read_bytes())
    heads = [record.WhichOneof("head") for record in message.record]
    assert heads == ["attempt", "scalars", "object", "index", "end"]
    assert message.record[0].attempt.format == 1
    assert list(message.record[1].value) == [0.5]
    assert message.record[2].part[0] == b"hello"


@pytest.mark.slow
def test_protoc_decodes_a_whole_file(tmp_path):
    with Logger(tmp_path) as logger:
        logger.add_scalar("loss", 0.5)
    with open(tmp_path / "events.pb", "rb") as file:
        decoded = subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", "--decode=pyexp.EventFile", "pyexp/events.proto"],
            stdin=file,
            capture_output=True,
            text=True,
            check=True,
        )
    assert 'tag: "loss"' in decoded.stdout
    assert "value: 0.5" in decoded.stdout


@pytest.mark.parametrize("gone", [1, 5, 25, 60])
def test_repair_cuts_what_is_torn(tmp_path, gone):
    file = EventFile(tmp_path / "events.pb")
    for number in range(3):
        file.prepare([points("a", [number])], [])()
    file.release()
    size = (tmp_path / "events.pb").stat().st_size
    os.truncate(tmp_path / "events.pb", size - gone)
    cut = repair(tmp_path)
    assert cut > 0
    message = events_pb2.EventFile.FromString((tmp_path / "events.pb").read_bytes())
    assert len(message.record) == 3
    assert repair(tmp_path / "events.pb") == 0


FOREIGN = [b"somebody else's file" * 100, b"x", b"\x0a\x05hello", bytes(200) + b"x", b"\n" * 30]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_no_log_stays_as_it_is(tmp_path, content):
    for name in ("events.pb", "model.bin"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LogError, match=rf"{name}' is not an event log.*left as it is"):
            repair(tmp_path / name)
    with pytest.raises(LogError, match="is not an event log"):
        Logger(tmp_path)
    assert (tmp_path / "events.pb").read_bytes() == (tmp_path / "model.bin").read_bytes() == content


@pytest.mark.slow
def test_the_torn_begin_of_a_log_is_cut(tmp_path):
    path = tmp_path / "events.pb"
    Logger(tmp_path).close()
    first = events_pb2.EventFile.FromString(path.read_bytes()).record[0].ByteSize() + 6
    whole = path.read_bytes()[:first]
    for size in range(first):
        for zeros in (0, 5000):  # what a power cut may leave
            path.write_bytes(whole[:size] + bytes(zeros))
            assert repair(path) == size + zeros
            path.write_bytes(whole[:size] + bytes(zeros))
            Logger(tmp_path).close()
            assert len(LogReader(tmp_path).attempts) == 1


def test_repair_of_a_file_of_json_lines(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.add_scalar("a", 1)
    path = tmp_path / "scalars.jsonl"
    whole = path.read_bytes()
    assert repair(path) == 0
    path.write_bytes(whole + b'{"it": 1, "ta')
    assert repair(path) == 13
    assert path.read_bytes() == whole
    path.write_bytes(whole[:-1])  # only the end of the line is missing
    assert repair(path) == 0
    assert path.read_bytes() == whole
    path.write_bytes(b"no line of ours")
    with pytest.raises(LogError, match="is not a log"):
        repair(path)
    assert path.read_bytes() == b"no line of ours"


def text(tag, content):
    return Item(kind="text", tag=tag, iteration=0, time=1.0, contents=(Content("text/plain", content.encode()),))


def without_locks(monkeypatch):
    monkeypatch.setattr(event_file, "locked", lambda *_: nullcontext(enter_result=False))


@pytest.mark.parametrize("kept", [2, 3, 20, 27, *range(28, 45), 150, 160, 161, 162, 250])
@pytest.mark.parametrize("closed", [True, False])
def test_repair_covers_what_is_torn_between_records(tmp_path, monkeypatch, kept, closed):
    path = tmp_path / "events.pb"
    without_locks(monkeypatch)
    file = EventFile(path)
    file.prepare([points("a", [0])], [])()
    torn_at = path.stat().st_size
    file.prepare([], [(text("torn", "x" * 300), 0)])()
    os.truncate(path, torn_at + kept)
    file.prepare([points("a", [1])], [(text("t", "whole"), 1)])()
    file.close() if closed else file.release()
    assert LogReader(tmp_path).load_scalars("a") == [(0, 0.0), (1, 1.0)]
    assert LogReader(tmp_path).damage == 1
    before = path.read_bytes()
    assert repair(tmp_path) == kept
    assert len(events_pb2.EventFile.FromString(path.read_bytes()).record) >= 4
    assert path.stat().st_size == len(before)
    assert path.read_bytes()[torn_at + kept :] == before[torn_at + kept :]
    assert repair(tmp_path) == 0
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 0.0), (1, 1.0)]
    assert reader.load_text("t") == [(1, "whole")]
    assert reader.damage == 1
    with Logger(tmp_path) as logger:
        logger.add_scalar("b", 1)
    assert len(events_pb2.EventFile.FromString(path.read_bytes()).record) >= 6
    assert LogReader(tmp_path).damage == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no locks here")
@pytest.mark.parametrize("closes", [True, False])
def test_what_another_process_left_torn_is_cut_before_the_next_record(tmp_path, closes):
    path = tmp_path / "events.pb"
    one = EventFile(path)
    two = one.reopened()
    one.prepare([points("a", [0])], [])()
    size = path.stat().st_size
    two.prepare([points("a", [1])], [(text("t", "x" * 1000), 0)])()
    two.release()
    os.truncate(path, path.stat().st_size - 500)
    if not closes:
        one.prepare([points("a", [2])], [])()
    one.close()
    assert size < path.stat().st_size
    assert len(events_pb2.EventFile.FromString(path.read_bytes()).record) == 5 + (not closes)
    reader = LogReader(tmp_path)
    assert [it for it, _ in reader.load_scalars("a")] == ([0, 1] if closes else [0, 1, 2])
    assert reader.damage == 0


def test_an_index_that_does_not_fit_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file, "RECORDS_PER_INDEX", 3)
    file = EventFile(tmp_path / "events.pb")

    def failing(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(codec, "encode_index", failing)
    for number in range(5):
        file.prepare([points("a", [number])], [])()
    monkeypatch.undo()
    file.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(number, float(number)) for number in range(5)]


def test_an_attempt_tells_who_writes(tmp_path):
    Logger(tmp_path).close()
    assert (
        events_pb2.EventFile.FromString((tmp_path / "events.pb").read_bytes()).record[0].attempt.writer
        == f"pyexp {__version__}"
    )


def test_repair_of_no_log(tmp_path):
    with pytest.raises(FileNotFoundError):
        repair(tmp_path)


def test_repair_of_json_lines(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.add_scalar("a", 1)
    with open(tmp_path / "scalars.jsonl", "ab") as file:
        file.write(b'{"it": 1')
    assert repair(tmp_path) == 8
    assert repair(tmp_path) == 0


def test_opening_for_writing_repairs(tmp_path):
    for number in range(3):
        with Logger(tmp_path) as logger:
            logger.set_global_it(number)
            logger.add_scalar("a", number)
        with open(tmp_path / "events.pb", "ab") as file:
            file.write(b"\x0a\x81torn")
    repair(tmp_path)
    message = events_pb2.EventFile.FromString((tmp_path / "events.pb").read_bytes())
    assert sum(record.WhichOneof("head") == "attempt" for record in message.record) == 3
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert reader.damage == 0


def test_the_index_chain_spares_the_walk(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file, "RECORDS_PER_INDEX", 10)
    path = tmp_path / "events.pb"
    for begin in (0, 100):
        file = EventFile(path)
        for number in range(begin, begin + 35):
            file.prepare([points("a", [number]), points(f"b{number % 2}", [number])], [])()
        file.close()
    with open(path, "rb", buffering=0) as opened:
        chain, _ = indexing.load_chain(opened, path.stat().st_size)
    assert len(chain) == 8
    assert sum(len(index.offsets) for index in chain) == 2 * (1 + 35 + 3)  # the last blocks were too few to be merged

    reader = LogReader(tmp_path)
    assert reader.scalar_tags == {"a", "b0", "b1"}
    assert [it for it, _ in reader.load_scalars("a")] == [*range(35), *range(100, 135)]
    assert len(reader.load_scalars("b0")) == 36
    walked = []
    original = indexing.Tail.frames

    def watched(self, file, size):
        for frame in original(self, file, size):
            walked.append(frame)
            yield frame

    monkeypatch.setattr(indexing.Tail, "frames", watched)
    assert LogReader(tmp_path).scalar_tags == {"a", "b0", "b1"}
    assert [codec.head_kind(frame.head) for frame in walked] == [codec.END]


def test_a_damaged_index_means_walking(tmp_path):
    with Logger(tmp_path) as logger:
        logger.add_scalar("a", 1)
        logger.flush()
        logger.add_scalar("a", 2)
    path = tmp_path / "events.pb"
    data = bytearray(path.read_bytes())
    data[-70] ^= 1  # within the index
    path.write_bytes(data)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 1.0), (1, 2.0)]
    assert reader.damage == 1


def test_a_failed_write_leaves_no_torn_record(tmp_path, monkeypatch):
    file = EventFile(tmp_path / "events.pb")
    size = (tmp_path / "events.pb").stat().st_size
    write = os.write

    def failing(descriptor, data):
        write(descriptor, bytes(data[:10]))
        raise OSError(28, "No space left on device")

    append = file.prepare([points("a", [1])], [])
    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(OSError, match="No space"):
        append()
    assert (tmp_path / "events.pb").stat().st_size == size
    monkeypatch.setattr(os, "write", write)
    append()
    file.close()
    assert LogReader(tmp_path).load_scalars("a") == [(1, 1.0)]


def test_two_writers_on_one_file(tmp_path):
    one = EventFile(tmp_path / "events.pb")
    two = one.reopened()
    for number in range(50):
        (one if number % 3 else two).prepare([points(f"tag {number % 2}", [number])], [])()
    two.close()
    one.prepare([points("tag 0", [50])], [])()
    one.close()
    reader = LogReader(tmp_path)
    assert [it for it, _ in reader.load_scalars("tag 0")] == [*range(0, 50, 2), 50]
    assert reader.damage == 0


def test_reading_bytes_checks_them(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    assert read_bytes(tmp_path / "f", 2, 3, None) == b"234"
    with pytest.raises(LogError, match="damaged"):
        read_bytes(tmp_path / "f", 2, 3, 1)
    with pytest.raises(LogError, match="damaged"):
        read_bytes(tmp_path / "f", 8, 3, None)
    with pytest.raises(LogError, match="cannot be read"):
        read_bytes(tmp_path / "g", 8, 3, None)


def test_a_log_that_an_earlier_version_closed_last_is_gone_on_with(tmp_path, monkeypatch):
    def log(value):
        with Logger(tmp_path) as logger:
            logger.add_scalar("a", value, step=value)

    log(0)
    with monkeypatch.context() as patch:
        seal = event_file.framing.seal
        patch.setattr(event_file.framing, "seal", lambda head, size, offset, _: seal(head, size, offset))
        log(1)
    log(2)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert (reader.damage, len(reader.attempts)) == (0, 3)
