import json
import math
import random
import re
import zlib
from array import array

import pytest

from pyexp.errors import LogError
from pyexp.log import Logger, LogReader
from pyexp.log.jsonlines.lines import json_line, parse_line, scalar_lines
from pyexp.log.values.events import Points

FILES = ["log.jsonl", "scalars.jsonl", "text.jsonl"]


@pytest.fixture
def folder(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        for it in range(20):
            logger.set_global_it(it)
            logger.add_scalar("a", it / 7)
            logger.add_scalar('"crc": "', -it)
        logger.add_text("t", 'a text, "crc": "00000000"}\nof two lines')
        logger.add_hparams({"lr": 0.1})
        logger.add_checkpoint("model", [1, 2])
        logger.add_table("table", [{"a": 1}])
        logger.add_histogram("histogram", [1, 2, 3])
    return tmp_path


def everything(folder):
    reader = LogReader(folder)
    found = {("scalar", tag, it): value for tag in reader.scalar_tags for it, value in reader.load_scalars(tag)}
    for entry in reader.entries():
        for it, value in reader.load_all(entry.kind, entry.tag):
            found[entry.kind, entry.tag, it] = value
    if reader.hparams:
        found["hparams"] = reader.hparams
    return found, reader.damage


@pytest.mark.parametrize("name", FILES)
def test_a_line_ends_with_its_checksum(folder, name):
    for line in (folder / name).read_bytes().splitlines():
        body, crc = re.fullmatch(rb'(.*), "crc": "([0-9a-f]{8})"\}', line).groups()
        assert int(crc, 16) == zlib.crc32(body)
        assert json.loads(line)["crc"] == crc.decode()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.slow
def test_a_flipped_bit_loses_one_line_and_changes_none(folder, name):
    whole, _ = everything(folder)
    data = (folder / name).read_bytes()
    for bit in random.Random(4).sample(range(len(data) * 8), 300):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        (folder / name).write_bytes(flipped)
        found, _ = everything(folder)
        assert found.items() <= whole.items()
        assert len(found) >= len(whole) - 3 or name == "log.jsonl"


def swap_digits(data):
    return data.replace(b"0.14285714285714285", b"0.41285714285714285")


def swap_tags(data):
    return data.replace(b'"tag": "a", "value": 0.142', b'"tag": "b", "value": 0.142')


def cut_the_end(data):
    return data.replace(b'"}\n', b'"\n', 2)


def join_lines(data):
    return data.replace(b'"}\n', b'"} ', 1)


def fill_with_zeros(data):
    return data[:100] + bytes(50) + data[150:]


def put_another_checksum(data):
    return re.sub(rb'"crc": "[0-9a-f]{8}"', b'"crc": "0000000g"', data, count=3)


@pytest.mark.parametrize(
    "damage",
    [swap_digits, swap_tags, cut_the_end, join_lines, fill_with_zeros, put_another_checksum],
    ids=lambda damage: damage.__name__,
)
def test_other_damage_is_counted_and_left_out(folder, damage):
    whole, _ = everything(folder)
    path = folder / "scalars.jsonl"
    data = path.read_bytes()
    path.write_bytes(damage(data))
    assert path.read_bytes() != data
    found, damaged = everything(folder)
    assert found.items() < whole.items()
    assert 1 <= damaged <= 4


def test_lines_of_earlier_versions_have_none_and_are_read(folder):
    whole, _ = everything(folder)
    for name in FILES:
        path = folder / name
        path.write_bytes(re.sub(rb', "crc": "[0-9a-f]{8}"\}\n', b"}\n", path.read_bytes()))
        assert b'"crc": "0' not in path.read_bytes().replace(b'\\"', b"")
    assert everything(folder) == (whole, 0)


def test_what_is_damaged_beyond_use_is_a_log_error(folder):
    path = folder / "log.jsonl"
    without = re.sub(rb', "crc": "[0-9a-f]{8}"\}\n', b"}\n", path.read_bytes())
    path.write_bytes(without.replace(b'["application/json", "19/hparams', b'["application/jsom", "19/hparams'))
    assert LogReader(folder).hparams == {}
    (folder / "19" / "checkpoints" / "model.cpkl").write_bytes(b"?")
    with pytest.raises(LogError, match=r"all that is logged as 'model' in .* is damaged"):
        LogReader(folder)["model"]


def test_the_time_of_earlier_programs(tmp_path):
    (tmp_path / "scalars.jsonl").write_text(
        '{"it": 0, "tag": "a", "value": 1.5, "ts": 1700000000.25}\n'
        '{"it": 1, "tag": "a", "value": 2.5, "time": 1700000001.5, "ts": 3}\n'
        '{"it": 2, "tag": "a", "value": 3.5}\n'
    )
    (tmp_path / "text.jsonl").write_text('{"it": 0, "tag": "t", "text": "x", "ts": 1700000002}\n')
    reader = LogReader(tmp_path)
    assert list(reader.read_series("a").times) == [1700000000.25, 1700000001.5, 0.0]
    assert [entry.time for entry in reader.entries()] == [1700000002.0]


def test_parsing_one_line():
    line = json_line({"a": 1})
    assert line == b'{"a": 1, "crc": "%08x"}\n' % zlib.crc32(b'{"a": 1')
    assert parse_line(line)["a"] == parse_line(line.rstrip())["a"] == 1
    assert parse_line(b'{"a": 1}') == {"a": 1}
    assert parse_line(b"[1]") is parse_line(b'{"a": ') is parse_line(line.replace(b"1", b"2", 1)) is None


@pytest.mark.parametrize(
    "times",
    [
        [1764255555.1234567, 1764255556.5, 1764255554.000001],
        [math.nextafter(1764255560, 0), 1764255551.0],
        [math.nextafter(1764255560, 0), 1764255560.0],
        [1764255560.0, math.nextafter(1764255560, 0)],
        [1764255555.0, 0.1, -3.5, 1e300],
        [1764255555.0, math.nan, 1764255556.0],
        [math.inf, 1764255555.0, -math.inf],
        [math.nan],
        [float(1 << 30), math.nextafter(1 << 30, 0)],
    ],
)
def test_any_time_is_read_as_it_was(times):
    values = array("d", [math.nan, *[0.1] * (len(times) - 1)])
    lines = b"".join(scalar_lines(Points('100%d "', range(len(times)), values, array("d", times)))).splitlines()
    found = [parse_line(line) for line in lines]
    assert [repr(line["time"]) for line in found] == [repr(at) for at in times]
    assert [repr(line["value"]) for line in found] == [repr(value) for value in values]
    assert {line["tag"] for line in found} == {'100%d "'}


def test_times_have_seven_decimals_where_these_are_exact():
    points = Points("a", range(2), array("d", [1, 2]), array("d", [1764255559.5, 1764255551.0]))
    (lines,) = scalar_lines(points)
    assert re.findall(rb'"time": ([0-9.]+)', lines) == [b"1764255559.5000000", b"1764255551.0000000"]
