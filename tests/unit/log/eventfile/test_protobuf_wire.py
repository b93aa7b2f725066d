from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyexp.log.eventfile import protobuf_wire


@given(st.integers(0, (1 << 64) - 1))
@pytest.mark.slow
def test_varints_round_trip(number):
    encoded = protobuf_wire.varint(number)
    assert protobuf_wire.parse_varint(b"x" + encoded + b"y", 1) == (number, 1 + len(encoded))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 10])
def test_a_broken_varint_is_an_error(data):
    with pytest.raises(protobuf_wire.WireError):
        protobuf_wire.parse_varint(data, 0)


def test_fields_of_every_wire_type():
    data = (
        b"\x08\x96\x01"
        + protobuf_wire.field(2, b"abc")
        + b"\x1d\x01\x00\x00\x00"
        + b"\x21\x02\x00\x00\x00\x00\x00\x00\x00"
    )
    assert list(protobuf_wire.fields(data)) == [
        (1, 150),
        (2, b"abc"),
        (3, b"\x01\x00\x00\x00"),
        (4, b"\x02\x00\x00\x00\x00\x00\x00\x00"),
    ]


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x0b", b"\x0d\x01"])
def test_a_broken_field_is_an_error(data):
    with pytest.raises(protobuf_wire.WireError):
        list(protobuf_wire.fields(data))


@given(st.lists(st.floats(width=64)))
@pytest.mark.slow
def test_columns_round_trip_bit_by_bit(values):
    column = array("d", values)
    assert protobuf_wire.parse_column("d", protobuf_wire.column_bytes(column)).tobytes() == column.tobytes()


def test_a_column_of_a_broken_length_is_an_error():
    with pytest.raises(protobuf_wire.WireError, match="multiple of 8"):
        protobuf_wire.parse_column("q", b"1234567")
