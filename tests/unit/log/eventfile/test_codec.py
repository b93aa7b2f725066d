from array import array

import pytest

from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import codec, protobuf_wire
from pyexp.log.kinds import KINDS
from pyexp.log.values.events import Content, Item


def as_message(head, data=()):
    return events_pb2.Record.FromString(head + b"".join(data))


@pytest.mark.parametrize("kind", KINDS)
def test_objects_round_trip_and_are_protobuf(kind):
    contents = (Content("image/png", b"x" * 200), Content("application/json", b""))
    item = Item(kind=kind, tag="ä/b", iteration=None, time=12.5, contents=contents, interactive=True)
    head, data = codec.encode_object(item, -3)
    parsed = codec.parse_object(head)
    assert (parsed.kind, parsed.tag, parsed.iteration, parsed.time, parsed.interactive) == (kind, "ä/b", -3, 12.5, True)
    assert [(media_type, size) for media_type, size, _ in parsed.parts] == [("image/png", 200), ("application/json", 0)]
    record = as_message(head, data)
    assert events_pb2.Kind.Name(record.object.kind) == f"KIND_{kind.upper()}"
    assert (record.object.tag, record.object.iteration, record.object.interactive) == ("ä/b", -3, True)
    assert list(record.part) == [b"x" * 200, b""]


def test_parts_lie_where_the_head_says():
    contents = (Content("a/b", b"first" * 100), Content("a/b", b"second"))
    _, data = codec.encode_object(Item(kind="text", tag="t", iteration=0, time=0.0, contents=contents), 0)
    joined = b"-" * 11 + b"".join(data)
    first, second = codec.part_offsets(11, [500, 6])
    assert joined[first : first + 500] == b"first" * 100
    assert joined[second : second + 6] == b"second"


def test_an_object_of_an_unknown_kind_is_known_as_none():
    message = events_pb2.Record(object=events_pb2.Object(kind=99, tag="new"))
    assert codec.parse_object(message.SerializeToString()).kind is None


def test_attempts_round_trip():
    head = codec.encode_attempt(3.5, "somebody")
    assert codec.parse_attempt(head) == codec.Attempt(codec.FORMAT, 3.5, joins=False)
    assert as_message(head).attempt.writer == "somebody"


def test_indexes_round_trip():
    sets = (codec.encode_tags(("a", "b")), codec.encode_tags(("c",)))
    index = codec.Index(sets, array("Q", [5, 70, 900]), array("I", [1, 0, 2]), 33, 12)
    head = codec.encode_index(index)
    assert codec.parse_index(head) == index
    message = as_message(head).index
    assert [list(tag_set.tag) for tag_set in message.tag_set] == [["a", "b"], ["c"]]
    assert (list(message.offset), list(message.entry), message.begin, message.previous) == (
        [5, 70, 900],
        [1, 0, 2],
        33,
        12,
    )


def test_an_index_of_unequal_lists_is_an_error():
    head = codec.encode_index(codec.Index((), array("Q", [1]), array("I", []), 0, 0))
    with pytest.raises(protobuf_wire.WireError):
        codec.parse_index(head)


def test_the_end_always_has_one_length():
    assert len(codec.encode_end(0)) == len(codec.encode_end(1 << 60))
    assert codec.parse_end(codec.encode_end(1 << 60)) == 1 << 60


def test_kinds_of_heads():
    assert codec.head_kind(codec.encode_end(1)) == codec.END
    assert codec.head_kind(b"") == 0
