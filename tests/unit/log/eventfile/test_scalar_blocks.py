from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import codec, protobuf_wire, scalar_blocks
from pyexp.log.values.events import Points

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def points(tag, iterations, values=None):
    values = [float(at) for at in range(len(iterations))] if values is None else values
    return Points(tag, array("q", iterations), array("d", values), array("d", [1e9 + at for at in range(len(values))]))


def decode(encoded):
    """Read every column of encoded blocks back."""
    for head, data in encoded:
        content = head + b"".join(data)
        block = scalar_blocks.parse(head, len(head))
        for column in range(len(block.crcs)):
            yield scalar_blocks.read_column(
                block, column, lambda offset, size, content=content: content[offset : offset + size]
            )


def same(one, other):
    return (
        one.tag == other.tag
        and list(one.iterations) == list(other.iterations)
        and one.values.tobytes() == other.values.tobytes()
        and one.times.tobytes() == other.times.tobytes()
    )


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.lists(st.tuples(INT64, st.floats()), min_size=1, max_size=20),
        max_size=8,
    )
)
@pytest.mark.slow
def test_columns_round_trip_exactly(logged):
    given_points = [points(tag, [it for it, _ in rows], [value for _, value in rows]) for tag, rows in logged.items()]
    found = {column.tag: column for column in decode(scalar_blocks.encode_all(given_points))}
    assert len(found) == len(given_points)
    assert all(same(found[column.tag], column) for column in given_points)


def test_a_block_is_protobuf():
    [(head, data)] = scalar_blocks.encode_all([points("a", [1, 3, 5]), points("b", [2, 2, 2])])
    record = events_pb2.Record.FromString(head + b"".join(data))
    assert list(record.scalars.tags.tag) == ["a", "b"]
    assert list(record.scalars.count) == [3]
    assert (list(record.scalars.first), list(record.scalars.stride)) == ([1, 2], [2, 0])
    assert list(record.value) == [0.0, 1.0, 2.0] * 2
    assert len(record.time) == 6
    assert not record.iteration


def test_iterations_without_a_stride_are_listed_in_a_block_apart():
    blocks = list(scalar_blocks.encode_all([points("a", [1, 2]), points("b", [1, 2, 9])]))
    records = [events_pb2.Record.FromString(head + b"".join(data)) for head, data in blocks]
    assert [list(record.scalars.tags.tag) for record in records] == [["a"], ["b"]]
    assert list(records[1].iteration) == [1, 2, 9]


def test_a_long_column_is_cut_into_blocks():
    long = points("a", range(3 * scalar_blocks.POINTS_PER_BLOCK // 2))
    encoded = list(scalar_blocks.encode_all([long]))
    pieces = list(decode(encoded))
    assert [len(piece.values) for piece in pieces] == [
        scalar_blocks.POINTS_PER_BLOCK,
        scalar_blocks.POINTS_PER_BLOCK // 2,
    ]
    assert [it for piece in pieces for it in piece.iterations] == list(long.iterations)


def test_no_tag_comes_twice_in_a_block():
    encoded = list(scalar_blocks.encode_all([points("a", [1]), points("b", [1]), points("a", [2])]))
    tags = [codec.parse_tags(scalar_blocks.parse_tag_set(head)) for head, _ in encoded]
    assert tags == [("a", "b"), ("a",)]


def test_heads_stay_small_with_many_long_tags():
    encoded = scalar_blocks.encode_all([points(f"{number:05}" * 200, [1]) for number in range(2000)])
    assert max(len(head) for head, _ in encoded) < 2 * scalar_blocks.HEAD_BYTES


@pytest.mark.parametrize("byte", range(6 * 8 + 4))
def test_damaged_data_gives_no_column(byte):
    [(head, data)] = scalar_blocks.encode_all([points("a", [5, 6, 7])])
    content = bytearray(head + b"".join(data))
    content[len(head) + byte] ^= 0x40
    block = scalar_blocks.parse(head, len(head))
    column = scalar_blocks.read_column(block, 0, lambda offset, size: bytes(content[offset : offset + size]))
    keys_and_lengths = (0, 1, 26, 27)  # protobuf's own bytes between the columns, which nobody needs
    assert (column is None) == (byte not in keys_and_lengths)


def test_a_head_that_contradicts_itself_is_an_error():
    head = events_pb2.Record(scalars={"tags": {"tag": ["a", "b"]}, "count": [1], "crc": [1], "first": [0]})
    with pytest.raises(protobuf_wire.WireError):
        scalar_blocks.parse(head.SerializeToString(), 0)


@pytest.mark.parametrize(
    ("iterations", "stride"),
    [([7], 0), ([1, 2, 3], 1), ([9, 6, 3], -3), ([4, 4, 4], 0), ([1, 2, 4], None), ([1, 3, 3, 4], None)],
)
def test_strides(iterations, stride):
    assert scalar_blocks.find_stride(array("q", iterations)) == stride


def test_the_widest_jump_has_no_stride():
    assert scalar_blocks.find_stride(array("q", [-(1 << 63), (1 << 63) - 1])) is None


@pytest.mark.parametrize("size", [3, 1 << 16], ids=["columns of one tag", "a column that is cut"])
def test_points_of_a_tag_stay_in_their_order(size):
    """Those whose iterations have a stride stand in other blocks than the rest."""
    uneven, even = [at * at for at in range(size)], [1 << 40, (1 << 40) + 1, (1 << 40) + 2]
    if size == 3:
        columns = [points("a", uneven), points("b", [1]), points("a", even, [7.0, 8.0, 9.0])]
    else:
        columns = [points("a", uneven + even), points("b", [1])]
    found = [column for column in decode(scalar_blocks.encode_all(columns)) if column.tag == "a"]
    assert [it for column in found for it in column.iterations] == uneven + even
