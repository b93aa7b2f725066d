"""`reader[tag]`: the last point, at a cost that does not grow with the log."""

import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.eventfile.reading.block_reader import BlockReader

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])


def last_of(reader, tag):
    series = reader.read_series(tag)
    return series.iterations[-1], series.values[-1]


@both_formats
def test_it_is_the_last_of_the_series(tmp_path, use_protobuf):
    reader = LogReader(tmp_path)
    with Logger(tmp_path, use_protobuf) as logger:
        for it in range(30):
            logger.log({"a": it, **({"b": -it} if it % 3 == 0 else {})}, step=100 - it)
            logger.flush()
            reader.refresh()
            for tag in ("a", "b"):
                assert reader[tag] == last_of(reader, tag)
                assert reader[tag] == reader[tag]
    assert LogReader(tmp_path)["a"] == (71, 29.0)
    assert LogReader(tmp_path)["b"] == (73, -27.0)


@both_formats
def test_a_later_attempt_comes_last(tmp_path, use_protobuf):
    for begin in (0, 5, 2):
        with Logger(tmp_path, use_protobuf) as logger:
            logger.add_scalar("a", begin, step=begin)
            if begin == 5:
                logger.add_scalar("only here", 1, step=9)
    assert LogReader(tmp_path)["a"] == (2, 2.0)
    assert LogReader(tmp_path)["only here"] == (9, 1.0)


def test_a_damaged_block_is_skipped(tmp_path):
    with Logger(tmp_path) as logger:
        for it in range(3):
            logger.add_scalar("a", 0.25 + it, step=it)
            logger.flush()
    path = tmp_path / "events.pb"
    data = path.read_bytes()
    value = b"\x00\x00\x00\x00\x00\x00\x02\x40"  # 2.25
    assert data.count(value) == 1
    path.write_bytes(data.replace(value, b"\x00\x00\x00\x00\x00\x00\x03\x40"))
    reader = LogReader(tmp_path)
    assert reader["a"] == (1, 1.25)
    assert reader.damage == 1


def test_one_block_is_read_whatever_the_length(tmp_path, monkeypatch):
    with Logger(tmp_path) as logger:
        for it in range(200):
            logger.add_scalar("a", it)
            if it % 2 == 0:
                logger.flush()
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == {"a"}
    offsets = []
    read = BlockReader._read_column

    def counted(self, file, size, offset, tag):
        offsets.append(offset)
        return read(self, file, size, offset, tag)

    monkeypatch.setattr(BlockReader, "_read_column", counted)
    for _ in range(3):
        assert reader["a"] == (199, 199.0)
    assert len(offsets) == 1


def test_of_a_log_that_is_removed(tmp_path):
    with Logger(tmp_path) as logger:
        logger.add_scalar("a", 1)
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == {"a"}
    (tmp_path / "events.pb").unlink()
    with pytest.raises(LookupError):
        LogReader(tmp_path)["a"]
