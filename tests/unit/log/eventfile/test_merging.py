"""Small blocks said once more by merged ones: every reader sees each point once, whatever happens to the bytes."""

import random
from array import array

import pytest

from pyexp.log import Logger, LogReader, load_messages
from pyexp.log._pb import events_pb2
from pyexp.log.eventfile import merging, scalar_blocks
from pyexp.log.eventfile.reading.source import EventSource
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Content, Item, Points


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Merge often."""
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 10)


def row(it):
    """What a step logs: one tag at each, one now and then, one at uneven iterations."""
    columns = [Points("a", array("q", [it]), array("d", [it / 7]), array("d", [it + 0.5]))]
    if it % 3 == 0:
        columns.append(Points("b", array("q", [it * it]), array("d", [-it]), array("d", [it])))
    return columns


def text(it):
    return Item(kind="text", tag="t", iteration=it, time=1.0, contents=(Content("text/plain", b"%d" % it),))


def write(folder, steps, *, begin=0, closed=True):
    folder.mkdir(exist_ok=True)
    (folder / ".pyexp").touch()
    file = EventFile(folder / "events.pb")
    for it in range(begin, begin + steps):
        file.prepare(row(it), [(text(it), it)] if it % 7 == 0 else [])()
    if closed:
        file.close()
    else:
        file.release()
    return folder / "events.pb"


def expected(steps):
    return {
        "a": [(it, it / 7) for it in range(steps)],
        "b": [(it * it, -float(it)) for it in range(0, steps, 3)],
        "t": [(it, str(it)) for it in range(0, steps, 7)],
    }


def found(reader):
    found = {tag: reader.load_scalars(tag) for tag in sorted(reader.scalar_tags)}
    for tag, points in found.items():
        assert reader.point_count(tag) == len(points)
        assert reader[tag] == points[-1]
        assert [*reader.read_series(tag, 5).values] == [value for _, value in points[5:]]
    return {**found, "t": reader.load_text("t")}


def heads(path):
    return [record.WhichOneof("head") for record in events_pb2.EventFile.FromString(path.read_bytes()).record]


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("steps", [3, 9, 10, 11, 57])
def test_the_same_points(tmp_path, closed, steps):
    path = write(tmp_path / "run", steps, closed=closed)
    assert found(LogReader(tmp_path / "run")) == expected(steps)
    assert heads(path).count("merged") >= 2 * (steps // 10)  # iterations without a stride are in one apart


@pytest.mark.slow
def test_a_cut_at_any_byte_loses_nothing_that_was_written_before(tmp_path):
    path = write(tmp_path / "run", 9, closed=False)
    small_end = path.stat().st_size
    closing = EventFile(path, is_new_attempt=False)
    closing._small = 99
    closing.close()
    whole = path.read_bytes()
    assert heads(path)[-4:] == ["merged", "merged", "index", "end"]
    points = expected(9)
    for size in range(small_end, len(whole)):
        path.write_bytes(whole[:size])
        reader = LogReader(tmp_path / "run")
        assert {"a": reader.load_scalars("a"), "b": reader.load_scalars("b"), "t": reader.load_text("t")} == points
        if size % 11 == 0:
            with Logger(tmp_path / "run") as logger:
                logger.add_scalar("c", 1)
            assert {tag: what for tag, what in found(LogReader(tmp_path / "run")).items() if tag != "c"} == points


@pytest.mark.slow
def test_a_damaged_merged_block_is_replaced_by_the_small_ones(tmp_path):
    for closed in (True, False):
        path = write(tmp_path / "run", 40, closed=closed)
        data = path.read_bytes()
        merged = [record for record in load_all(path) if record[0] == "merged"]
        chance = random.Random(5)
        for _ in range(60):
            _, begin, end = chance.choice(merged)
            damaged = bytearray(data)
            damaged[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            assert found(LogReader(tmp_path / "run")) == expected(40)
        path.unlink()


def load_all(path):
    """Kind, begin and end of each record."""
    listed, begin = [], 0
    data = path.read_bytes()
    while begin < len(data):
        length = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(data[begin + 1 : begin + 6]))
        record = events_pb2.Record.FromString(data[begin + 6 : begin + 6 + length])
        listed.append((record.WhichOneof("head"), begin, begin + 6 + length))
        begin += 6 + length
    return listed


def test_a_damaged_small_block_is_in_the_merged_one(tmp_path):
    path = write(tmp_path / "run", 20)
    data = path.read_bytes()
    for _, begin, end in [record for record in load_all(path) if record[0] == "scalars"]:
        path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
        assert found(LogReader(tmp_path / "run")) == expected(20)


class Follower:
    """Keeps a copy as a page does."""

    def __init__(self, folder):
        self.reader = LogReader(folder)
        self.points = {"a": [], "b": []}
        self.resets = 0

    def look(self):
        changes = self.reader.refresh()
        self.resets += changes.reset
        for tag, start in changes.scalars.items():
            series = self.reader.read_series(tag, start)
            self.points[tag] = self.points[tag][:start] + list(zip(series.iterations, series.values, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 37, 400])
def test_a_follower_loses_and_doubles_nothing(tmp_path, step):
    data = write(tmp_path / "source", 33).read_bytes()
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "events.pb"
    follower = Follower(tmp_path / "run")
    early = None
    with open(path, "wb", buffering=0) as file:
        for begin in range(0, len(data), step):
            file.write(data[begin : begin + step])
            follower.look()
            assert follower.points["a"] == expected(33)["a"][: len(follower.points["a"])]
            assert follower.points["b"] == expected(33)["b"][: len(follower.points["b"])]
            if early is None and len(follower.points["a"]) == 5:
                early = follower.reader.refresh()
    assert (follower.points["a"], follower.points["b"]) == (expected(33)["a"], expected(33)["b"])
    assert follower.resets == 0
    assert follower.reader.damage == 0


def test_where_new_points_begin_stays_true_after_merging(tmp_path):
    """The answer of `refresh` may be looked at later than it was given."""
    (tmp_path / "run").mkdir()
    file = EventFile(tmp_path / "run" / "events.pb")
    reader = LogReader(tmp_path / "run")
    given = []
    for it in range(25):
        file.prepare(row(it), [])()
        given.append(reader.refresh())
    file.close()
    reader.refresh()
    assert [changes.scalars["a"] for changes in given] == [*range(25)]


def test_what_is_between_small_blocks_stays_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(scalar_blocks, "SMALL_BYTES", 2000)
    (tmp_path / "run").mkdir()
    file = EventFile(tmp_path / "run" / "events.pb")
    values = []
    for it in range(60):
        count = 200 if it in (7, 25, 26) else 1
        values += [it + number / 1000 for number in range(count)]
        column = Points("a", array("q", [it]) * count, array("d", values[-count:]), array("d", [it]) * count)
        file.prepare([column], [])()
    for reader in (LogReader(tmp_path / "run"), file.close() or LogReader(tmp_path / "run")):
        assert [*reader.read_series("a").values] == values


@pytest.mark.slow
def test_steps_of_many_tags_are_merged(tmp_path, monkeypatch):
    """A block may be large because it has many tags; then fewer are merged at once."""
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 1000)
    monkeypatch.setattr(merging, "BYTES_AT_ONCE", 1 << 20)
    (tmp_path / "run").mkdir()
    file = EventFile(tmp_path / "run" / "events.pb")
    for it in range(40):
        columns = [
            Points(f"a tag with a long name {number}", array("q", [it]), array("d", [it]), array("d", [it]))
            for number in range(700)
        ]
        file.prepare(columns, [])()
    file.release()
    reader = LogReader(tmp_path / "run")
    assert reader.load_scalars("a tag with a long name 699") == [(it, float(it)) for it in range(40)]
    assert len(reader._source._list.blocks.keys("a tag with a long name 699")) < 30


def test_blocks_of_many_points_are_not_merged(tmp_path):
    (tmp_path / "run").mkdir()
    file = EventFile(tmp_path / "run" / "events.pb")
    for block in range(30):
        its = array("q", range(10 * block, 10 * block + 10))
        file.prepare([Points(tag, its, array("d", its), array("d", its)) for tag in "ab"], [])()
    file.close()
    assert "merged" not in heads(tmp_path / "run" / "events.pb")
    assert LogReader(tmp_path / "run").load_scalars("b") == [(it, float(it)) for it in range(300)]


@pytest.mark.slow
def test_a_tag_is_in_one_merged_block_at_most(tmp_path, monkeypatch):
    """Else the points of a damaged one would come twice: from the small blocks, and from the other merged one."""
    monkeypatch.setattr(scalar_blocks, "POINTS_PER_BLOCK", 7)
    path = write(tmp_path / "run", 40, closed=False)
    data = path.read_bytes()
    for at in range(0, len(data), 5):
        path.write_bytes(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])
        points = LogReader(tmp_path / "run").load_scalars("a")
        assert len(set(points)) == len(points)


def test_later_attempts_hide_points_in_merged_blocks(tmp_path):
    write(tmp_path / "run", 40)
    write(tmp_path / "run", 40, begin=25)
    reader = LogReader(tmp_path / "run")
    assert reader.load_scalars("a") == [(it, it / 7) for it in range(65)]
    assert len(reader.attempts) == 2


@pytest.mark.slow
def test_several_processes_that_log_one_tag(tmp_path):
    (tmp_path / "run").mkdir()
    files = [EventFile(tmp_path / "run" / "events.pb")]
    files += [files[0].reopened() for _ in range(2)]
    chance = random.Random(6)
    for it in range(150):
        chance.choice(files).prepare(row(it), [])()
    for file in files[1:]:
        file.close()
    files[0].prepare(row(150), [])()
    files[0].close()
    reader = LogReader(tmp_path / "run")
    assert reader.load_scalars("a") == expected(151)["a"]
    assert reader.load_scalars("b") == expected(151)["b"]


def test_programs_with_protobuf_alone_see_each_point_once(tmp_path):
    path = write(tmp_path / "run", 33)
    message = events_pb2.EventFile.FromString(path.read_bytes())
    assert [value for record in message.record for value in record.value] == [
        points.values[0] for it in range(33) for points in row(it)
    ]
    assert "merged" in heads(path)
    assert [record for record in message.record if not record.HasField("merged")] == list(load_messages(path))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("of a later version")])
def test_what_fails_while_merging_costs_no_point(tmp_path, monkeypatch, error):
    (tmp_path / "run").mkdir()
    file = EventFile(tmp_path / "run" / "events.pb")
    encode = scalar_blocks.encode

    def failing(columns, strides, span=None):
        if span is not None:
            raise error
        return encode(columns, strides)

    monkeypatch.setattr(scalar_blocks, "encode", failing)
    for it in range(15):
        file.prepare(row(it), [])()
    monkeypatch.undo()
    for it in range(15, 40):
        file.prepare(row(it), [])()
    file.close()
    assert LogReader(tmp_path / "run").load_scalars("a") == expected(40)["a"]


def test_a_closed_log_is_read_from_few_blocks(tmp_path, monkeypatch):
    monkeypatch.undo()
    with Logger(tmp_path / "run") as logger:
        for it in range(30):
            logger.log({"a": it, "b": -it}, step=it)
            logger.flush()
    reader = LogReader(tmp_path / "run")
    assert reader.scalar_tags == {"a", "b"}
    assert len(reader._source._list.blocks.keys("a")) == 1


def test_merged_blocks_are_read_as_one(tmp_path):
    source = EventSource(write(tmp_path / "log", 40, closed=False))
    source.poll()
    (points,) = source.points("a", 0)
    assert points.iterations == range(40)
    (uneven,) = source.points("b", 0)
    assert [*uneven.iterations] == [it * it for it in range(0, 40, 3)]
