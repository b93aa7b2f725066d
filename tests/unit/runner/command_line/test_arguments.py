from __future__ import annotations

import pytest

from pyexp.errors import SettingsError
from pyexp.runner.command_line.arguments import parse


def given(*argv):
    return parse(list(argv), prog="main.py", description=None)


def test_only_what_was_given_is_told():
    assert given() == ({}, False)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--continue"], {"continue_run": "latest"}),
        (["--continue=2024-01-25_14-30-00"], {"continue_run": "2024-01-25_14-30-00"}),
        (["--report"], {"report_run": "latest"}),
        (["--filter", "a.*"], {"filter": "a.*"}),
        (["-j", "4"], {"jobs": 4}),
        (["-j4"], {"jobs": 4}),
        (["--jobs=4"], {"jobs": 4}),
        (["-s"], {"capture": False}),
        (["--capture=no"], {"capture": False}),
        (["--capture=yes"], {"capture": True}),
        (["--no-stash"], {"stash": False}),
        (["--strict", "--fail-fast"], {"strict": True, "fail_fast": True}),
        (["--no-strict"], {"strict": False}),
        (["--timeout", "1.5", "--retries", "2", "--gpus", "1"], {"timeout": 1.5, "retries": 2, "gpus": 1}),
        (["--executor", "ray://h:1"], {"executor": "ray://h:1"}),
        (["--name", "n", "--output-dir", "d"], {"name": "n", "output_dir": "d"}),
        (["--viewer", "--viewer-port", "1"], {"viewer": True, "viewer_port": 1}),
        (["--dry-run"], {"dry_run": True}),
    ],
)
def test_flags(argv, expected):
    assert given(*argv) == (expected, False)


def test_list_is_no_setting():
    assert given("--list") == ({}, True)


def test_unknown_flag_says_how_to_keep_ones_own():
    with pytest.raises(SettingsError, match=r"unknown argument '--epochs'.*call run\(argv=\[\]\)"):
        given("--epochs", "3")


@pytest.mark.parametrize(("given_flag", "meant"), [("--contiune", "--continue"), ("--job=4", "--jobs")])
def test_a_mistyped_flag_is_told_what_was_meant(given_flag, meant):
    with pytest.raises(
        SettingsError, match=rf"unknown argument '{given_flag}' \(did you mean {meant}\? see main\.py --help\)"
    ):
        given(given_flag)


def test_flags_are_not_guessed_from_their_beginning():
    with pytest.raises(SettingsError, match="unknown argument '--out'"):
        given("--out", "d")


@pytest.mark.parametrize("argv", [["-j", "many"], ["--timeout"], ["--capture=maybe"]])
def test_wrong_value_is_one_sentence(argv):
    with pytest.raises(SettingsError, match=r"\(see main\.py --help\)"):
        given(*argv)


def test_help_exits(capsys):
    with pytest.raises(SystemExit) as caught:
        given("--help")

    assert caught.value.code == 0
    assert "--continue" in capsys.readouterr().out
