import struct

import pytest

from pyexp.tensorboard._pb.tensorboard_pb2 import TensorProto
from pyexp.tensorboard.reading.tensors import read_tensor
from support.event_files import strings, tensor


def parse_tensor(data):
    return read_tensor(TensorProto.FromString(data))


SCALARS = {
    "float_val": (tensor("FLOAT", float_val=[1.5]), 1.5),
    "double_val": (tensor("DOUBLE", double_val=[-2.5]), -2.5),
    "int_val": (tensor("INT32", int_val=[5]), 5),
    "negative int_val": (tensor("INT32", int_val=[-5]), -5),
    "small int_val": (tensor("INT8", int_val=[-7]), -7),
    "int64_val": (tensor("INT64", int64_val=[-(2**40)]), -(2**40)),
    "bool_val": (tensor("BOOL", bool_val=[True]), 1),
    "half_val": (tensor("HALF", half_val=[0x3C00]), 1),
    "bfloat16": (tensor("BFLOAT16", half_val=[0x4049]), 3.140625),
    "float content": (tensor("FLOAT", tensor_content=struct.pack("<f", 3.5)), 3.5),
    "double content": (tensor("DOUBLE", tensor_content=struct.pack("<d", 4.5)), 4.5),
    "int64 content": (tensor("INT64", tensor_content=struct.pack("<q", -7)), -7),
    "uint8 content": (tensor("UINT8", tensor_content=b"\xff"), 255),
    "int16 content": (tensor("INT16", tensor_content=struct.pack("<h", -300)), -300),
    "bool content": (tensor("BOOL", tensor_content=b"\x00"), 0),
    "half content": (tensor("HALF", tensor_content=struct.pack("<e", 0.5)), 0.5),
    "bfloat16 content": (tensor("BFLOAT16", tensor_content=b"\x49\x40"), 3.140625),
    "one element": (tensor("FLOAT", 1, 1, float_val=[9]), 9),
}


@pytest.mark.parametrize("name", SCALARS)
def test_scalars(name):
    message, number = SCALARS[name]
    assert parse_tensor(message.SerializeToString()).scalar == number


@pytest.mark.parametrize("field", [16, 17])
def test_unsigned_values(field):  # newer than the classes that the tests have
    message = tensor("FLOAT").SerializeToString() + bytes([field << 3 & 0x7F | 0x82, field >> 4, 2, 0xE8, 0x07])
    assert parse_tensor(message).scalar == 1000


def test_unpacked_values():
    assert list(parse_tensor(b"\x08\x03\x38\x05\x38\x06").numbers) == [5, 6]


def test_several_numbers_are_no_scalar():
    assert parse_tensor(tensor("FLOAT", 2, float_val=[1, 2]).SerializeToString()).scalar is None
    assert parse_tensor(tensor("FLOAT", 0).SerializeToString()).scalar is None


def test_equal_values_are_written_once():
    found = parse_tensor(tensor("FLOAT", 2, 3, float_val=[1, 2, 0]).SerializeToString())
    assert list(found.numbers) == [1, 2, 0, 0, 0, 0]
    assert found.shape == (2, 3)
    assert found.scalar is None


def test_strings():
    found = parse_tensor(strings(b"a", b"").SerializeToString())
    assert (found.strings, found.shape, found.scalar) == ([b"a", b""], (2,), None)
