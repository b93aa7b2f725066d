from pyexp.log.eventfile import framing, record_walk
from pyexp.log.eventfile.record_walk import Tail


def walk(path, tail=None):
    tail = tail or Tail()
    with open(path, "rb", buffering=0) as file:
        return [frame.head for frame in tail.frames(file, path.stat().st_size)]


def heads(*contents):
    """Seal heads of an unknown kind, one behind the other."""
    data = b""
    for content in contents:
        data += record(content, len(data))
    return data


def record(content, offset):
    return b"".join(framing.seal(b"\xfa\x06%c%b" % (len(content), content), 0, offset))


def test_records_are_walked_once(tmp_path):
    path = tmp_path / "f"
    data = heads(b"one", b"two", b"three")
    tail = Tail()
    path.write_bytes(data[:-1])
    assert [head[3:] for head in walk(path, tail)] == [b"one", b"two"]
    assert walk(path, tail) == []
    path.write_bytes(data)
    assert [head[3:] for head in walk(path, tail)] == [b"three"]
    assert tail.offset == len(data)
    assert not tail.damaged


def test_damage_is_passed_over(tmp_path):
    path = tmp_path / "f"
    data = bytearray(heads(b"one", b"two", b"three"))
    data[len(heads(b"one")) + 8] ^= 1
    path.write_bytes(data)
    tail = Tail()
    assert [head[3:] for head in walk(path, tail)] == [b"one", b"three"]
    assert len(tail.damaged) == 1


def test_a_torn_record_that_what_follows_completes_by_chance(tmp_path):
    """The lost last byte of the torn record is the first one of what was appended behind it."""
    path = tmp_path / "f"
    number = next(number for number in range(100_000) if record(b"%d" % number, 0)[-1] == 0x0A)
    torn = record(b"%d" % number, 0)[:-1]
    path.write_bytes(torn + record(b"two", len(torn)))
    assert [found[3:] for found in walk(path)] == [b"%d" % number, b"two"]


def test_a_torn_record_that_ends_where_another_begins(tmp_path):
    path = tmp_path / "f"
    head = b"\xfa\x06\x04torn"
    begin = len(framing.seal(head, 0, 0)[0])
    appended = record(b"one", begin) + record(b"two", begin + len(record(b"one", 0)))
    torn = framing.seal(head, len(record(b"one", 0)) - framing.TRAILER_BYTES, 0)[0]
    path.write_bytes(torn + appended)
    tail = Tail()
    assert [found[3:] for found in walk(path, tail)] == [b"one", b"two"]
    assert len(tail.damaged) == 1


def test_a_copy_of_another_log_inside_is_no_record(tmp_path):
    path = tmp_path / "f"
    inner = heads(b"inner")
    path.write_bytes(framing.seal(b"\xfa\x06\x05outer", len(inner) + 100, 0)[0] + inner)
    assert walk(path) == []


def test_a_mark_in_a_pending_record_hides_nothing_that_comes_later(tmp_path):
    path = tmp_path / "f"
    torn = framing.seal(b"\xfa\x06\x04torn", 5000, 0)[0] + b"\x15\x93pxE" * 20
    path.write_bytes(torn)
    tail = Tail()
    assert walk(path, tail) == []
    path.write_bytes(torn + record(b"later", len(torn)))
    assert [head[3:] for head in walk(path, tail)] == [b"later"]
    assert len(tail.damaged) == 1


def test_nothing_is_read_behind_the_last_record(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_bytes(heads(b"one", b"two"))
    tail, places = Tail(), []
    read_at = record_walk.read_at
    monkeypatch.setattr(record_walk, "read_at", lambda *asked: places.append(asked[1]) or read_at(*asked))
    assert len(walk(path, tail)) == 2
    assert places == [0]
    assert walk(path, tail) == []
    assert places == [0]
