"""What a collector says of a folder, a receiver makes of another: always the same files, whatever happened between two looks."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pyexp.errors import OutputError
from pyexp.executors.remote.collector import Collector
from pyexp.executors.remote.messages import Piece, Placed, Removed
from pyexp.executors.remote.receiver import Receiver


class Copying:
    """A folder, its copy, and what keeps them the same."""

    def __init__(self, root, **options) -> None:
        self.here, self.there = root / "here", root / "there"
        self.here.mkdir()
        self.there.mkdir()
        self.collector = Collector(self.here, **options)
        self.receiver = Receiver(self.there)

    def look(self, *, is_last=False) -> list:
        messages = list(self.collector.collect(is_last=is_last))
        for message in messages:
            self.receiver.receive(message)
        return messages


@pytest.fixture
def copying(tmp_path) -> Copying:
    return Copying(tmp_path)


def files_in(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_growing_file_travels_by_what_is_new(copying):
    log = copying.here / "log.out"
    log.write_bytes(b"one\n")
    copying.look()
    with log.open("ab") as file:
        file.write(b"two\n")

    messages = copying.look()

    assert messages == [Piece(path="log.out", offset=4, data=b"two\n")]
    assert (copying.there / "log.out").read_bytes() == b"one\ntwo\n"


def test_growing_file_whose_end_was_cut_and_rewritten(copying):
    events = copying.here / "events.pb"
    events.write_bytes(b"whole|torn")
    copying.look()
    events.write_bytes(b"whole|other and more")

    copying.look()

    assert (copying.there / "events.pb").read_bytes() == b"whole|other and more"


def test_growing_file_in_whose_place_another_was_put(copying):
    events = copying.here / "events.pb"
    events.write_bytes(b"many small blocks" + bytes(8_000))
    copying.look()
    made = copying.here / ".events.pb.1.0.tmp"
    made.write_bytes(b"a few long ones" + bytes(9_000))  # what both have at the end that was sent is the same
    made.replace(events)

    copying.look()

    assert files_in(copying.there) == files_in(copying.here)


def test_change_far_from_the_end_is_found_by_the_last_look(copying):
    table = copying.here / "table.csv"
    table.write_bytes(b"a" * 10_000)
    copying.look()
    with table.open("r+b") as file:
        file.write(b"b")

    copying.look(is_last=True)

    assert (copying.there / "table.csv").read_bytes() == b"b" + b"a" * 9_999


def test_other_file_appears_whole_and_once_it_is_quiet(copying):
    (copying.here / "model.bin").write_bytes(b"half")
    first = copying.look()
    with (copying.here / "model.bin").open("ab") as file:
        file.write(b" and half")
    second = copying.look()
    before = files_in(copying.there)

    copying.look()

    assert (first, second, before) == ([], [], {})
    assert files_in(copying.there) == {"model.bin": b"half and half"}


def test_what_is_there_is_not_sent_again_after_taking_stock(copying):
    (copying.here / "log.out").write_bytes(b"old")
    (copying.here / "model.bin").write_bytes(b"old")
    copying.collector.take_stock()
    os.unlink(copying.here / "model.bin")

    assert copying.look(is_last=True) == [Removed(path="model.bin")]


def test_links_are_not_followed(copying, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "more").write_bytes(b"secret")
    (copying.here / "file").symlink_to(tmp_path / "secret")
    (copying.here / "folder").symlink_to(tmp_path / "secrets")

    assert copying.look(is_last=True) == []


def test_left_out_files_and_temporary_ones_stay(tmp_path):
    copying = Copying(tmp_path, leave_out=frozenset({"config.json"}))
    (copying.here / "config.json").touch()
    (copying.here / ".model.1.0.tmp").touch()
    (copying.here / "deep").mkdir()
    (copying.here / "deep" / "config.json").write_bytes(b"the user's")

    copying.look(is_last=True)

    assert files_in(copying.there) == {"deep/config.json": b"the user's"}


@pytest.mark.parametrize(
    "path",
    ["..", "../x", "a/../../x", "/etc/x", "a//x", "", ".", "./x", "a/./x", "a\\x", "x\0y", "link/x", "link", "file/x"],
)
@pytest.mark.parametrize("kind", ["piece", "staged", "placed", "removed"])
def test_what_would_leave_the_folder_is_refused(copying, tmp_path, path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"untouched")
    target = outside / "x" if path == "link" else outside
    (copying.there / "link").symlink_to(target)
    (copying.there / "file").write_bytes(b"a file")
    message = {
        "piece": Piece(path=path, offset=0, data=b"evil"),
        "staged": Piece(path=path, offset=0, data=b"evil", is_staged=True),
        "placed": Placed(path=path),
        "removed": Removed(path=path),
    }[kind]
    is_harmless = path == "link" and kind != "piece"

    try:
        copying.receiver.receive(message)
    except OSError:
        pass
    else:
        assert is_harmless

    assert files_in(outside) == {"x": b"untouched"}
    assert sorted(os.listdir(tmp_path)) == ["here", "outside", "there"]


@pytest.mark.parametrize("path", ["config.json", "CONFIG.JSON", "result.pkl"])
def test_the_drivers_own_files_are_not_the_senders_to_write(tmp_path, path):
    receiver = Receiver(tmp_path, leave_alone=frozenset({"config.json", "result.pkl"}))

    for message in (Piece(path=path, offset=0, data=b"x"), Placed(path=path), Removed(path=path)):
        with pytest.raises(OutputError, match="not the run's to write"):
            receiver.receive(message)
    assert os.listdir(tmp_path) == []


def test_root_that_became_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OutputError, match="is a link"):
        Receiver(tmp_path / "run").receive(Piece(path="x", offset=0, data=b""))
    assert os.listdir(tmp_path / "elsewhere") == []


def test_appended_file_keeps_what_it_held(tmp_path):
    (tmp_path / "log.out").write_bytes(b"first attempt\n")
    receiver = Receiver(tmp_path)
    receiver.append_to("log.out")

    for offset, data in ((0, b""), (0, b"second "), (7, b"attempt\n")):
        receiver.receive(Piece(path="log.out", offset=offset, data=data))

    assert (tmp_path / "log.out").read_bytes() == b"first attempt\nsecond attempt\n"


def test_dropped_pieces_leave_nothing(copying):
    copying.receiver.receive(Piece(path="result.pkl", offset=0, data=b"half", is_staged=True))

    copying.receiver.drop_staged()

    assert os.listdir(copying.there) == []


NAMES = st.sampled_from(["log.out", "events.pb", "a.bin", "deep/a.bin", "deep/b.txt", "deep/er/c"])


class AnyHistory(RuleBasedStateMachine):
    """Any history of writes, cuts, replacements and removals ends in the same files on both sides."""

    @initialize()
    def begin(self) -> None:
        import tempfile
        from pathlib import Path

        self.now = 0
        self.folder = tempfile.TemporaryDirectory()
        self.copying = Copying(Path(self.folder.name))

    @rule(name=NAMES, data=st.binary(max_size=50))
    def write(self, name, data) -> None:
        path = self.copying.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.changed(path)

    @rule(name=NAMES, data=st.binary(max_size=50))
    def append(self, name, data) -> None:
        path = self.copying.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
        self.changed(path)

    @rule(name=NAMES)
    def remove(self, name) -> None:
        (self.copying.here / name).unlink(missing_ok=True)

    @rule(name=NAMES, size=st.integers(0, 30))
    def cut(self, name, size) -> None:
        path = self.copying.here / name
        if path.exists():
            os.truncate(path, size)
            self.changed(path)

    @rule()
    def look(self) -> None:
        self.copying.look()

    @rule()
    def last_look(self) -> None:
        self.copying.look(is_last=True)
        assert files_in(self.copying.there) == files_in(self.copying.here)

    def teardown(self) -> None:
        self.last_look()
        self.folder.cleanup()

    def changed(self, path) -> None:
        """Looks are further apart than the clock of a file system is coarse; here they are not."""
        self.now += 1
        os.utime(path, ns=(self.now, self.now))


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=30))
def test_any_path_stays_inside(tmp_path_factory, text):
    root = tmp_path_factory.mktemp("any")
    (root / "run").mkdir()
    with contextlib.suppress(OSError, ValueError):
        Receiver(root / "run").receive(Piece(path=text, offset=0, data=b"x"))
    assert os.listdir(root) == ["run"]
