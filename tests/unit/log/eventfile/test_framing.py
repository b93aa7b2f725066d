import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyexp.log.eventfile import framing


@given(st.binary(max_size=300), st.integers(0, 1 << 34), st.integers(0, 1 << 40))
@pytest.mark.slow
def test_a_sealed_record_parses_where_it_was_sealed(head, data_bytes, offset):
    sealed, trailer = framing.seal(head, data_bytes, offset)
    frame = framing.parse(sealed, 0, offset)
    assert frame is not None
    assert (frame.offset, frame.head, frame.data_offset) == (offset, head, offset + len(sealed))
    assert frame.end == offset + len(sealed) + data_bytes + len(trailer)
    assert frame.trailer == trailer
    assert framing.needed(sealed) == len(sealed)


@given(st.data())
@pytest.mark.slow
def test_any_flipped_bit_is_found(data):
    sealed = bytearray(framing.seal(b"head", 100, 7)[0])
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    needed = framing.needed(bytes(sealed))
    assert needed is None or needed > len(sealed) or framing.parse(bytes(sealed), 0, 7) is None


def test_a_record_is_bound_to_its_place():
    sealed, _ = framing.seal(b"head", 0, 1000)
    assert framing.parse(sealed, 0, 1000) is not None
    assert framing.parse(sealed, 0, 1001) is None


def test_an_absurd_size_is_refused():
    with pytest.raises(ValueError, match="save it as a file"):
        framing.seal(b"", 1 << 36, 0)


def test_the_mark_finds_the_next_record():
    sealed, _ = framing.seal(b"head", 0, 5)
    assert framing.find_mark(b"junk!" + sealed, 0) == 5
    assert framing.find_mark(b"junk!" + sealed, 6) == -1


@pytest.mark.slow
@given(st.data())
def test_one_look_at_a_whole_record_finds_what_several_steps_find(data):
    """Whatever is damaged or cut: it finds the same record, or says nothing."""
    head, content, log = b"head" * data.draw(st.integers(0, 3)), b"x" * data.draw(st.integers(0, 40)), 77
    stamp = data.draw(st.sampled_from([None, (3, log), (4, log + 1)]))
    sealed, ending = framing.seal(head, len(content), 1000, stamp)
    record = bytearray(sealed + content + ending)
    for bit in data.draw(st.lists(st.integers(0, 8 * len(record) - 1), max_size=1)):
        record[bit // 8] ^= 1 << bit % 8
    buffer = b"before" + bytes(record[: data.draw(st.integers(0, len(record)))] if data.draw(st.booleans()) else record)
    found = framing.parse_whole(buffer, 6, 1000, log)
    needed = framing.needed(buffer[6 : 6 + framing.HEADER_BYTES])
    frame = framing.parse(buffer, 6, 1000) if needed is not None and 6 + needed <= len(buffer) else None
    if frame is not None and buffer.endswith(frame.trailer):
        frame = framing.stamped(frame, buffer[-framing.ENDING_BYTES :], log)
    else:
        frame = None
    assert found == (frame if frame is not None and frame.log == log else None)
