from __future__ import annotations

import io
import sys

import pytest

from pyexp.config.config import Config
from pyexp.store.batch import Batch
from pyexp.tensor.tensor import Tensor
from pyexp.terminal.live_output import LiveOutput


@pytest.fixture
def batch(tmp_path):
    made, claim = Batch.create(tmp_path / "exp", Tensor([Config(name="a"), Config(name="b")]), {})
    claim.release()
    return made


def follow(batch, *, is_prefixed=True):
    output = LiveOutput(batch, batch.folders, is_prefixed=is_prefixed)
    for folder, name in zip(batch.folders, "ab", strict=True):
        output.start(folder, name)
    return output


def test_whole_lines_are_printed_with_the_runs_name(batch, capsys):
    output = follow(batch)
    first, second = (batch.run(folder).log for folder in batch.folders)
    first.write_bytes(b"one\ntwo\nhal")
    second.write_bytes(b"\xff\n")

    for folder in batch.folders:
        output.finish(folder)

    assert capsys.readouterr().out == "[a] one\n[a] two\n[a] hal\n[b] \ufffd\n"


def test_one_run_at_a_time_needs_no_name(batch, capsys):
    output = follow(batch, is_prefixed=False)
    batch.run(batch.folders[0]).log.write_bytes(b"one\n")

    output.finish(batch.folders[0])

    assert capsys.readouterr().out == "one\n"


def test_what_earlier_attempts_wrote_is_not_shown_again(batch, capsys):
    log = batch.run(batch.folders[0]).log
    log.write_bytes(b"before\n")
    output = follow(batch)
    log.write_bytes(b"before\nnow\n")

    output.finish(batch.folders[0])

    assert capsys.readouterr().out == "[a] now\n"


def test_flood_without_a_newline_is_printed_in_pieces(batch, capsys):
    output = follow(batch)
    batch.run(batch.folders[0]).log.write_bytes(b"x" * 300_000)

    output.finish(batch.folders[0])

    shown = capsys.readouterr().out
    assert shown.count("x") == 300_000
    assert max(map(len, shown.splitlines())) < 200_000


def test_characters_that_the_stream_lacks_are_shown_by_escapes(batch, monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "ascii"))
    output = follow(batch, is_prefixed=False)
    batch.run(batch.folders[0]).log.write_bytes("na\u00efve\n".encode())

    output.finish(batch.folders[0])

    assert shown.getvalue() == b"na\\xefve\n"


def test_link_is_not_followed(batch, capsys, tmp_path):
    (tmp_path / "secret").write_text("secret\n")
    output = follow(batch)
    batch.run(batch.folders[0]).log.symlink_to(tmp_path / "secret")

    output.finish(batch.folders[0])

    assert capsys.readouterr().out == ""


def written(batch, *pieces: bytes, is_prefixed=True):
    """Show each of *pieces* once it was appended to the first run's log."""
    output = follow(batch, is_prefixed=is_prefixed)
    for piece in pieces:
        with batch.run(batch.folders[0]).log.open("ab") as log:
            log.write(piece)
        output._show_new(batch.folders[0], output._shown[batch.folders[0]])
    return output


@pytest.mark.parametrize(
    "pieces",
    [
        (b"10%", b"\r20%", b"\r100%\n"),
        (b".", b".", b".\n"),
        (b"\xc3", b"\xa9\n"),
        (b"a\r\nb\n",),
        (b"\x1b[2K\r50%", b"\n"),
    ],
    ids=["bar", "dots", "a character in two pieces", "windows", "escape"],
)
def test_the_only_run_is_shown_byte_by_byte(batch, capsys, pieces):
    shown = ""
    output = follow(batch, is_prefixed=False)
    for piece in pieces:
        with batch.run(batch.folders[0]).log.open("ab") as log:
            log.write(piece)
        output._show_new(batch.folders[0], output._shown[batch.folders[0]])
        shown += capsys.readouterr().out
        assert shown.encode() == (b"".join(pieces)[: len(shown.encode())])
    assert shown.encode() == b"".join(pieces)
    output.finish(batch.folders[0])
    assert capsys.readouterr().out == ""


def test_the_only_run_that_ends_within_a_line_leaves_a_whole_one(batch, capsys):
    output = written(batch, b"no newline", is_prefixed=False)
    output.finish(batch.folders[0])
    assert capsys.readouterr().out == "no newline\n"


def test_of_a_bar_among_several_runs_one_state_a_second_is_shown_and_the_last(batch, capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("pyexp.terminal.live_output.time.monotonic", lambda: now[0])
    output = follow(batch)
    log = batch.run(batch.folders[0]).log
    for percent in range(0, 100, 5):
        with log.open("ab") as file:
            file.write(b"\r%d%%" % percent)
        output._show_new(batch.folders[0], output._shown[batch.folders[0]])
        now[0] += 0.125
    with log.open("ab") as file:
        file.write(b"\r100%\nnext\r\n")
    output.finish(batch.folders[0])
    assert capsys.readouterr().out == "[a] 0%\n[a] 40%\n[a] 80%\n[a] 100%\n[a] next\n"


def test_a_bar_that_never_ends_its_line_keeps_its_last_state(batch, capsys):
    output = written(batch, b"\r1%")
    with batch.run(batch.folders[0]).log.open("ab") as log:
        log.write(b"\r2%\r3%")
    output.finish(batch.folders[0])
    assert capsys.readouterr().out == "[a] 1%\n[a] 3%\n"


def test_empty_lines_stay(batch, capsys):
    written(batch, b"a\n\nb\n")
    assert capsys.readouterr().out == "[a] a\n[a] \n[a] b\n"
