"""Blocks that look alike are read by comparison, and give what they give when each is parsed."""

import random
from array import array

import pytest

from pyexp.log import LogReader
from pyexp.log.eventfile.reading import small_blocks
from pyexp.log.eventfile.reading.rows import Rows
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

SHAPES = {
    "one point": (1, 3, [0, 0, 0], [1, 1, 1]),
    "one tag": (1, 1, [0], [1]),
    "one tag, some points": (4, 1, [0], [2]),
    "some points": (5, 3, [0, 0, 0], [1, 1, 1]),
    "own iterations": (1, 3, [0, 5, 9], [1, 1, 1]),
    "own strides": (4, 3, [7, 7, 7], [1, -2, 3]),
    "all different": (3, 3, [0, 5, 9], [1, 2, 0]),
}


def write(folder, shape, blocks=40):
    count, tags, firsts, strides = shape
    file = EventFile(folder / "events.pb")
    chance = random.Random(1)
    for block in range(blocks):
        columns = []
        for tag in range(tags):
            its = [firsts[tag] + 1000 * block + strides[tag] * point for point in range(count)]
            values = array("d", [chance.random() for _ in its])
            columns.append(Points(f"tag{tag}", array("q", its), values, array("d", [chance.random() for _ in its])))
        file.prepare(columns, [])()
    file.release()


def read(folder):
    reader = LogReader(folder)
    series = [reader.read_series(tag) for tag in sorted(reader.scalar_tags)]
    return [(one.iterations, one.values, one.times) for one in series]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_points(tmp_path, monkeypatch, shape):
    write(tmp_path, SHAPES[shape])
    with monkeypatch.context() as patch:
        patch.setattr(small_blocks, "MAX_BLOCK_BYTES", 0)
        one_by_one = read(tmp_path)
    compared = []
    add = Rows.add
    monkeypatch.setattr(Rows, "add", lambda *given: compared.append(add(*given)) or compared[-1])
    assert read(tmp_path) == one_by_one
    assert compared.count(True) == 39


@pytest.mark.slow
def test_damage_anywhere_in_a_block_is_noticed(tmp_path):
    write(tmp_path, (2, 2, [0, 0], [1, 1]), blocks=10)
    path = tmp_path / "events.pb"
    whole, expected = path.read_bytes(), read(tmp_path)
    reader = LogReader(tmp_path)
    keys = reader.scalar_tags and reader._source._list.blocks.keys("tag0")
    for at in range(keys[4], keys[5]):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        for found, right in zip(read(tmp_path), expected, strict=True):
            kept = [right[column][:8] + right[column][10:] for column in range(3)]
            assert [*found] in ([*right], kept)
