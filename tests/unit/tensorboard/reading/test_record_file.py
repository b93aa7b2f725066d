import io
import itertools

import pytest

from pyexp.tensorboard.reading.record_file import Damage, Record, read_records, search_records
from support.event_files import framed

CONTENTS = [b"first", b"x" * 100_000, b"", b"last"]
FILE = b"".join(map(framed, CONTENTS))
OFFSETS = [0, *itertools.accumulate(16 + len(content) for content in CONTENTS)]


def read(data):
    return list(read_records(io.BytesIO(data)))


def flipped(at):
    return FILE[:at] + bytes([FILE[at] ^ 4]) + FILE[at + 1 :]


def test_whole_records():
    assert read(FILE) == [Record(*pair) for pair in zip(OFFSETS, CONTENTS, strict=False)]
    assert sum(record.size for record in read(FILE)) == len(FILE)
    assert read(b"") == []


@pytest.mark.parametrize("at", [OFFSETS[1] + 12, OFFSETS[1] + 50_000, OFFSETS[2] - 1])
def test_a_damaged_record_of_any_size_is_told_of_and_passed_over(at):
    found = read(flipped(at))
    assert found[1] == Damage(OFFSETS[1], 100_016, "wrong checksum")
    assert [record.data for record in found if isinstance(record, Record)] == [b"first", b"", b"last"]


@pytest.mark.parametrize("at", [OFFSETS[1], OFFSETS[1] + 7, OFFSETS[1] + 8])
def test_nothing_is_found_behind_a_damaged_length(at):
    first, damage = read(flipped(at))
    assert first.data == b"first"
    assert (damage.offset, damage.size, damage.is_end, damage.is_torn) == (
        OFFSETS[1],
        len(FILE) - OFFSETS[1],
        True,
        False,
    )


def test_every_cut_is_told_of():
    small = framed(b"first") + framed(b"second")
    for size in range(1, len(small)):
        found = read(small[:size])
        whole = size // (16 + len("first"))
        begin = whole * (16 + len("first"))
        assert len(found) == whole + (size > begin)
        if size > begin:
            assert (found[-1].offset, found[-1].size, found[-1].is_torn) == (begin, size - begin, True)


def test_a_search_reads_only_what_is_small_and_whole():
    file = framed(b"a:b") + framed(b"none") + framed(b":" * 5000) + framed(b"c:d")
    assert [record.data for record in search_records(io.BytesIO(file), b":", 4096)] == [b"a:b", b"c:d"]
    damaged = bytearray(file)
    damaged[12] ^= 1
    assert [record.data for record in search_records(io.BytesIO(damaged), b":", 4096)] == [b"c:d"]
