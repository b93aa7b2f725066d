import io
import json

import numpy as np
import PIL.Image
import pytest
from tensorboardX.proto.summary_pb2 import HistogramProto, Summary

from pyexp.log.values.events import Item
from pyexp.tensorboard.reading.summaries import EventParser, Scalar, Unknown, parse_start
from support.event_files import event, start, strings, tensor, value


def parse(*events):
    parser = EventParser()
    return [found for each in events for found in parser.parse(each.SerializeToString()).values]


def picture(shade):
    buffer = io.BytesIO()
    PIL.Image.new("L", (2, 2), shade).save(buffer, "PNG")
    return buffer.getvalue()


def histogram(found):
    assert isinstance(found, Item)
    content = json.loads(found.contents[0].data)
    assert len(content["edges"]) == len(content["counts"]) + 1
    return content["edges"], content["counts"]


def test_scalars_of_both_styles():
    assert parse(
        event(value("old", simple_value=0), step=-3),
        event(value("new", tensor("FLOAT", float_val=[2]), "scalars"), step=4),
    ) == [Scalar("old", -3, 1e9 - 3, 0.0), Scalar("new", 4, 1e9 + 4, 2.0)]


def test_all_pictures_of_a_batch():
    found = parse(event(value("batch", strings(b"2", b"2", *map(picture, (0, 80, 200))), "images")))
    assert [(item.tag, item.contents[0].data) for item in found] == [
        (f"batch/{number}", picture(shade)) for number, shade in enumerate((0, 80, 200))
    ]
    assert [item.tag for item in parse(event(value("one", strings(b"2", b"2", picture(0)), "images")))] == ["one"]


def test_a_picture_of_an_unknown_kind_is_named():
    found = parse(event(value("batch", strings(b"2", b"2", picture(0), b"BM"), "images")))
    assert [type(each) for each in found] == [Item, Unknown]
    assert found[1] == Unknown("batch/1", "image")


def test_the_kind_of_a_tag_is_said_once():
    first = event(
        value("t", strings(b"a"), "text"), value("h", tensor("DOUBLE", 1, 3, double_val=[0, 1, 5]), "histograms")
    )
    later = event(value("t", strings(b"b")), value("h", tensor("DOUBLE", 1, 3, double_val=[0, 2, 6])), step=2)
    found = parse(first, later)
    assert [item.contents[0].data for item in found[::2]] == [b"a", b"b"]
    assert [histogram(item) for item in found[1::2]] == [([0, 1], [5]), ([0, 2], [6])]


def test_texts():
    found = parse(event(value("a/text_summary", strings(b"x", "é".encode()), "text"), value("b", strings(b""), "text")))
    assert [(item.tag, item.contents[0].data) for item in found] == [("a", b"x\n\xc3\xa9"), ("b", b"")]


def test_histograms_of_rows():
    rows = np.array([[0, 1, 3], [1, 2, 4]], "<f8")
    [found] = parse(event(value("h", tensor("DOUBLE", 2, 3, tensor_content=rows.tobytes()), "histograms")))
    assert histogram(found) == ([0, 1, 2], [3, 4])


@pytest.mark.parametrize("value_", [3.0, 1e17])
def test_histograms_of_equal_values_have_a_width(value_):
    rows = np.array([[value_, value_, 0]] * 29 + [[value_, value_, 7]], "<f8")
    [found] = parse(event(value("h", tensor("DOUBLE", 30, 3, tensor_content=rows.tobytes()), "histograms")))
    (low, high), counts = histogram(found)
    assert low < value_ < high
    assert counts == [7]


def test_histograms_of_nothing():
    [rows, old] = parse(
        event(value("h", tensor("DOUBLE", 0, 3), "histograms")),
        event(value("h", histo=HistogramProto(min=1e308, max=-1e308, bucket_limit=[1.7e308], bucket=[0]))),
    )
    assert histogram(rows) == histogram(old) == ([0, 1], [0])


def test_old_histograms_end_at_the_least_and_the_greatest_value():
    limits, counts = [-1.0, 0.0, 1.0, 2.0, 1.7e308], [0, 2, 0, 3, 0]
    [found] = parse(event(value("h", histo=HistogramProto(min=-0.5, max=1.5, bucket_limit=limits, bucket=counts))))
    assert histogram(found) == ([-0.5, 0, 1, 1.5], [2, 0, 3])


def test_what_has_no_counterpart():
    found = parse(
        event(graph_def=b"graph"),
        event(value("sound", audio=Summary.Audio(sample_rate=1))),
        event(value("curve", tensor("FLOAT", 2, float_val=[1, 2]), "pr_curves")),
        event(value("matrix", tensor("FLOAT", 2, float_val=[1, 2]))),
    )
    assert found == [
        Unknown("", "graph"),
        Unknown("sound", "audio"),
        Unknown("curve", "pr_curves"),
        Unknown("matrix", "tensor"),
    ]


def test_the_start_of_a_session():
    assert parse_start(start(5).SerializeToString()) == 5
    assert parse_start(start(0).SerializeToString()) == 0
    assert parse_start(event(value("x", simple_value=1)).SerializeToString()) is None
