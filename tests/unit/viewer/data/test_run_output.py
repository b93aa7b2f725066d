from __future__ import annotations

import os
import random

import pytest

from pyexp.viewer.data.run_output import read_piece, read_tail


def test_no_output_is_empty(tmp_path):
    piece = read_tail(tmp_path, 100)
    assert (piece.start, piece.end, piece.size, piece.text) == (0, 0, 0, "")


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "log.out").symlink_to(tmp_path / "secret")
    assert read_tail(tmp_path, 100).text == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "log.out")
    assert read_tail(tmp_path, 100).text == ""


@pytest.mark.slow
def test_pieces_join_to_the_whole_whatever_their_length(tmp_path):
    text = "aé€😀\n" * 50
    (tmp_path / "log.out").write_text(text, encoding="utf-8", newline="")
    rng = random.Random(1)
    for _ in range(50):
        at, found = 0, ""
        while True:
            piece = read_piece(tmp_path, at, rng.randrange(4, 12))
            if piece.end == piece.size and not piece.text:
                break
            found += piece.text
            assert piece.start == at
            at = piece.end
        assert found == text


def test_a_tail_starts_at_a_character(tmp_path):
    (tmp_path / "log.out").write_text("€" * 10, encoding="utf-8")
    piece = read_tail(tmp_path, 8)
    assert (piece.start, piece.end, piece.text) == (24, 30, "€€")


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path):
    (tmp_path / "log.out").write_bytes(b"a\xff\xfeb\x80\x80\x80\x80c")
    assert read_tail(tmp_path, 100).text == "a��b����c"


def test_a_start_behind_the_end_gives_nothing(tmp_path):
    (tmp_path / "log.out").write_bytes(b"abc")
    piece = read_piece(tmp_path, 99, 10)
    assert (piece.start, piece.end, piece.size, piece.text) == (3, 3, 3, "")
