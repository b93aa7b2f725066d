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
