"""Files of earlier versions stay readable for ever; see golden/make.py, which wrote them."""

import json
import math
import shutil
from pathlib import Path

import pytest

from pyexp.log import LogReader
from pyexp.log._pb import events_pb2

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(params=[0, 1], ids=["closed", "cut before its end"])
def reader(tmp_path, request):
    shutil.copy(GOLDEN / "format-1.pb", tmp_path / "events.pb")
    if request.param:
        data = (tmp_path / "events.pb").read_bytes()
        (tmp_path / "events.pb").write_bytes(data[: -request.param])
    return LogReader(tmp_path)


def test_format_1_scalars(reader):
    assert reader.scalar_tags == {"loss", "group/ünïcode 🙂", "uneven", "no stride"}
    first = [(it, 1 / (it + 1)) for it in range(6)]
    assert reader.load_scalars("loss") == first + [(it, 1 / (it + 7)) for it in range(6, 14)]
    values = reader.load_scalars("group/ünïcode 🙂")
    assert [value for it, value in values if it != 3] == [-float(it) for it in range(14) if it != 3]
    assert math.isnan(values[3][1])
    assert reader.load_scalars("no stride") == [(0, 0.0), (9, 3.0), (36, 6.0), (81, 9.0), (144, 12.0)]
    assert reader.damage == 0
    assert len(reader.attempts) == 2


def test_format_1_objects(reader):
    assert reader.load_text("note") == [(0, "begun at 0\nümläut"), (6, "begun at 6\nümläut")]
    assert reader.load_checkpoint("model", 6) == {"weights": [1.5, 2.5], "begin": 6}
    assert reader.load_image("image", 0).startswith(b"\x89PNG")
    assert reader.load_histogram("histogram", 0) == {"edges": [0.0, 1.0, 2.0], "counts": [1, 3]}
    assert reader.load_table("table", 6) == {"columns": ["a", "b"], "rows": [[1, "x"]]}
    assert reader.hparams == {"lr": 0.1}
    [entry, _] = reader.entries("figure", "plotly")
    assert not entry.interactive
    assert json.loads(reader.read_part(entry.parts[0]))["data"][0]["y"] == [1, 2]


def test_format_1_is_protobuf():
    message = events_pb2.EventFile.FromString((GOLDEN / "format-1.pb").read_bytes())
    assert [record.attempt.format for record in message.record if record.WhichOneof("head") == "attempt"] == [1, 1]
    assert message.record[-1].WhichOneof("head") == "end"


@pytest.mark.parametrize("name", ["format-1-paced", "format-1-merged"])
@pytest.mark.parametrize("cut", [0, 1], ids=["closed", "cut before its end"])
@pytest.mark.slow
def test_format_1_at_the_pace_of_training(tmp_path, name, cut):
    data = (GOLDEN / f"{name}.pb").read_bytes()
    (tmp_path / "events.pb").write_bytes(data[: len(data) - cut])
    reader = LogReader(tmp_path)
    first = [(it, 1 / (it + 1)) for it in range(400)]
    assert reader.load_scalars("loss") == first + [(it, 1 / (it + 401)) for it in range(400, 850)]
    assert reader.load_scalars("accuracy") == [(it, float(it)) for it in range(850)]
    assert reader.load_scalars("now and then") == [
        (it * it, -float(it)) for it in (*range(0, 400, 7), *range(406, 850, 7))
    ]
    assert reader.load_text("note") == [(it, f"at {it}") for it in range(0, 850, 100)]
    assert reader.damage == 0
