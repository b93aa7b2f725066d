import os

import pytest

from pyexp.errors import LogError
from pyexp.log import Logger, load_messages
from pyexp.log._pb import events_pb2


@pytest.fixture
def run(tmp_path):
    with Logger(tmp_path) as logger:
        for it in range(3):
            logger.set_global_it(it)
            logger.add_scalar("loss", it / 2)
        logger.add_text("note", "hello")
        logger.add_checkpoint("model", bytes(100_000))
    return tmp_path


def heads(messages):
    return [message.WhichOneof("head") for message in messages]


def test_the_records_of_a_file(run):
    whole = events_pb2.EventFile.FromString((run / "events.pb").read_bytes())
    for path in (run, run / "events.pb", os.fspath(run)):
        assert list(load_messages(path)) == list(whole.record)
    scalars, text = [message for message in load_messages(run) if message.HasField("scalars") or message.part][:2]
    assert (scalars.scalars.tags.tag, scalars.value) == (["loss"], [0, 0.5, 1])
    assert (text.object.kind, text.part) == (events_pb2.KIND_TEXT, [b"hello"])


def test_what_is_torn_or_damaged_is_passed_over(run):
    path = run / "events.pb"
    whole = list(load_messages(run))
    data = bytearray(path.read_bytes())
    data[data.index(b"note")] ^= 1  # in the head of the text
    path.write_bytes(data[:-10])
    assert list(load_messages(run)) == [message for message in whole if message.object.tag != "note"][:-1]


def test_a_file_that_is_being_written(tmp_path):
    (tmp_path / "events.pb").touch()
    assert list(load_messages(tmp_path)) == []
    with Logger(tmp_path) as logger:
        logger.add_scalar("x", 1)
        logger.flush()
        assert heads(load_messages(tmp_path)) == ["attempt", "scalars"]


def test_no_event_file(tmp_path):
    Logger(tmp_path / "lines", use_protobuf=False).close()
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "lines"):
        with pytest.raises(FileNotFoundError, match=r"no events\.pb in '.*': give the folder of a run"):
            load_messages(path)
    (tmp_path / "other").write_bytes(b"something else" * 100)
    with pytest.raises(LogError, match="not an event log"):
        list(load_messages(tmp_path / "other"))
