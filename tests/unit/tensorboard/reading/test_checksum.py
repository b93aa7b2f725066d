import random

import pytest

from pyexp.tensorboard.reading.checksum import crc32c, masked_crc32c


def plain(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [  # https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_the_values_of_the_specification(data, crc):
    assert crc32c(data) == crc
    assert masked_crc32c(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_folding_changes_nothing():
    chance = random.Random(5)
    sizes = [*range(60, 300), 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 30_000]
    for size in sizes:
        data = chance.randbytes(size)
        assert crc32c(data) == plain(data), size


def test_zeros_in_front_count():
    assert crc32c(bytes(5000)) == plain(bytes(5000))
    assert crc32c(bytes(5000)) != crc32c(bytes(5001))
