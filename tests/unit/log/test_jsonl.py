import json
import os
from array import array

import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.events import Points
from pyexp.log.file_names import file_name
from pyexp.log.jsonl import JsonLines


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("a/b", "a/b"),
        ("ü 🙂", "ü 🙂"),
        ('a:*?"<>|%', "a%3A%2A%3F%22%3C%3E%7C%25"),
        ("line\nbreak", "line%0Abreak"),
        ("x.", "x%2E"),
        ("x. /y ", "x%2E%20/y%20"),
        ("a.cpkl/b.c", "a%2Ecpkl/b.c"),
    ],
)
def test_names_of_files(tag, name):
    assert file_name(tag) == name


def test_tags_that_look_like_each_others_files(tmp_path):
    tags = ["a", "a.cpkl", "a.cpkl/b", "a/b", "a.meta/c", "%2E", "x?", "Ax:b"]
    with Logger(tmp_path, use_protobuf=False) as logger:
        for tag in tags:
            logger.add_checkpoint(tag, tag)
    reader = LogReader(tmp_path)
    assert {tag: reader.load_checkpoint(tag, 0) for tag in tags} == {tag: tag for tag in tags}


@pytest.mark.parametrize("use_protobuf", [True, False])
def test_tags_too_long_for_a_file(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        with pytest.raises(ValueError, match="too many for a file"):
            logger.add_checkpoint("ü" * 120, 1)
        with pytest.raises(ValueError, match="too many for a file"):
            logger.add_checkpoint("?" * 100, 1)
        logger.add_checkpoint("ü" * 60 + "/" + "b" * 200, 1)
    assert len(LogReader(tmp_path).checkpoint_tags) == 1


def test_a_failed_write_leaves_no_line(tmp_path, monkeypatch):
    from pyexp.log import jsonl
    from pyexp.log.events import Content, Item

    lines = JsonLines(tmp_path)
    text = Item(kind="text", tag="t", iteration=0, time=1.0, contents=(Content("text/plain", b"x"),))
    image = Item(kind="image", tag="i", iteration=0, time=1.0, contents=(Content("image/png", b"x"),))
    append = lines.prepare([], [(text, 0), (image, 0)])

    def failing(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonl, "write_atomic", failing)
    with pytest.raises(OSError, match="No space"):
        append()
    assert os.path.getsize(tmp_path / "text.jsonl") == 0
    monkeypatch.undo()
    append()
    lines.close()
    reader = LogReader(tmp_path)
    assert reader.load_text("t") == [(0, "x")]
    assert reader.load_image("i", 0) == b"x"


def test_a_torn_line_is_ended_by_the_next_attempt(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.add_scalar("a", 1)
    with open(tmp_path / "scalars.jsonl", "ab") as file:
        file.write(b'{"it": 5, "ta')
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.set_global_it(7)
        logger.add_scalar("a", 2)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 1.0), (7, 2.0)]
    assert reader.damage == 1


@pytest.mark.parametrize("value", [0.1, 1e308, float("inf")])
@pytest.mark.parametrize("since", [0.3, 1e9 + 0.3, 1.7e9, 4.5e9])
def test_lines_say_exactly_what_was_logged(tmp_path, value, since):
    count = 2500
    times = array("d", [since + number * 1.1e-6 for number in range(count)])
    values = array("d", [value] * count)
    lines = JsonLines(tmp_path)
    lines.prepare([Points('100 % "x"', array("q", range(0, -count, -1)), values, times)], [])()
    lines.close()
    records = [json.loads(line) for line in (tmp_path / "scalars.jsonl").read_text().splitlines()]
    assert [record["it"] for record in records] == [*range(0, -count, -1)]
    assert [record["value"] for record in records] == [*values]
    assert [record["time"] for record in records] == [*times]
    assert {record["tag"] for record in records} == {'100 % "x"'}
