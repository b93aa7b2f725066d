"""Many small blocks read at once give what they give one by one, damaged or not, and while the log grows."""

import random

import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.eventfile.reading import small_blocks
from pyexp.log.eventfile.reading.block_reader import BlockReader


def one_by_one(folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(small_blocks, "MAX_BLOCK_BYTES", 0)
        return {tag: columns(LogReader(folder), tag) for tag in LogReader(folder).scalar_tags}


def columns(reader, tag):
    series = reader.read_series(tag)
    return series.iterations, series.values, series.times


def at_once(folder):
    reader = LogReader(folder)
    return {tag: columns(reader, tag) for tag in reader.scalar_tags}


def write_paced(folder, steps, *, begin=0, uneven=False):
    with Logger(folder) as logger:
        for step in range(begin, begin + steps):
            logger.log({"a": step / 7, "b": -step}, step=step * step if uneven else step)
            if step % 5 == 0:
                logger.log({"now and then": step}, step=step)
            for extra in range(step % 3):
                logger.add_scalar("a", extra, step=step)
            logger.flush()


@pytest.mark.parametrize("uneven", [False, True])
def test_the_same_points(tmp_path, monkeypatch, uneven):
    write_paced(tmp_path, 60, uneven=uneven)
    assert at_once(tmp_path) == one_by_one(tmp_path, monkeypatch)


def test_each_block_is_read_once_for_all_tags(tmp_path, monkeypatch):
    logger = Logger(tmp_path)
    for step in range(50):
        logger.log({"a": step, "b": step, "c": step}, step=step)
        logger.flush()
    single = []
    monkeypatch.setattr(BlockReader, "_read", lambda *arguments: single.append(arguments))
    reader = LogReader(tmp_path)
    for tag in "abc" * 2:
        assert reader.load_scalars(tag) == [(step, float(step)) for step in range(50)]
    assert single == []
    logger.close()


def test_while_the_log_grows(tmp_path):
    reader = LogReader(tmp_path)
    with Logger(tmp_path) as logger:
        for step in range(40):
            logger.log({"a": step, "b": -step}, step=step)
            logger.flush()
            reader.refresh()
            assert reader.load_scalars("a") == [(it, float(it)) for it in range(step + 1)]
            assert len(reader.read_series("b", step)) == 1


def test_what_the_caller_does_with_the_points_is_the_callers(tmp_path):
    write_paced(tmp_path, 20)
    reader = LogReader(tmp_path)
    arrays = reader.load_scalars_array("b")
    arrays.values[:] = 0
    assert reader.load_scalars("b") == [(step, -float(step)) for step in range(20)]


def test_no_more_memory_than_agreed(tmp_path, monkeypatch):
    write_paced(tmp_path, 60)
    expected = one_by_one(tmp_path, monkeypatch)
    monkeypatch.setattr(small_blocks, "MAX_BYTES", 4000)
    assert at_once(tmp_path) == expected


def test_large_blocks_among_small_ones(tmp_path, monkeypatch):
    with Logger(tmp_path) as logger:
        for step in range(20):
            for number in range(5000 if step == 12 else 1):
                logger.add_scalar("a", number, step=step)
            logger.flush()
            if step == 5:
                logger.add_checkpoint("model", bytes(1 << 20))
                logger.flush()
    assert at_once(tmp_path) == one_by_one(tmp_path, monkeypatch)


def test_later_attempts_hide_as_ever(tmp_path):
    write_paced(tmp_path, 30)
    write_paced(tmp_path, 30, begin=10)
    assert LogReader(tmp_path).load_scalars("b") == [(step, -float(step)) for step in range(40)]


@pytest.mark.slow
def test_damage_is_what_it_is_one_by_one(tmp_path, monkeypatch):
    write_paced(tmp_path, 40)
    path = tmp_path / "events.pb"
    data = path.read_bytes()
    for bit in random.Random(8).sample(range(len(data) * 8), 60):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        reader = LogReader(tmp_path)
        found = {tag: columns(reader, tag) for tag in reader.scalar_tags}
        assert found == one_by_one(tmp_path, monkeypatch)
        again = {tag: columns(reader, tag) for tag in reader.scalar_tags}
        assert again == found
        assert reader.damage <= 2 * len(found) + 1
