"""F19: a program whose output nothing reads any more exits without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from support.scripts import Script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGPIPE")

REPORT = """
@pyexp.experiment(executor="inline")
def exp(config):
    if config.x % 2:
        raise ValueError("odd")

exp.configs(lambda: [{{"x": x}} for x in range(4)])

{report}
"""
REPORTS = {
    "long": "@exp.report\ndef report(results):\n    print('x\\n' * 1_000_000)",
    "short": "@exp.report\ndef report(results):\n    print('x')",
    "many prints": "@exp.report\ndef report(results):\n    for i in range(100_000): print(i)",
    "async": "@exp.report\nasync def report(results):\n    print('x\\n' * 1_000_000)",
    "print with flush": "@exp.report\ndef report(results):\n    print('x', flush=True)",
}
BROKEN = """@exp.report
def report(results):
    ours, theirs = os.pipe()
    os.close(ours)
    os.write(theirs, b"x")
"""


@pytest.fixture
def script(tmp_path):
    made = Script(tmp_path)
    yield made
    made.end()


def run_without_reader(script, *flags: str) -> tuple[int, str]:
    ours, theirs = os.pipe()
    os.close(ours)
    process = script.start(*flags, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    _, told = process.communicate(timeout=30)
    return process.returncode, told


@pytest.mark.slow
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_report_whose_reader_has_exited(script, report):
    status, told = run_without_reader(script.write(REPORT.format(report=report)))

    assert status == 141
    assert "BrokenPipe" not in told
    assert told.splitlines()[-3].startswith("exp: 2 passed, 2 failed in ")


@pytest.mark.slow
def test_table_or_list_whose_reader_has_exited(script):
    script.write(REPORT.format(report=""))

    ends = {flags: run_without_reader(script, *flags) for flags in ((), ("--list",), ("--report",))}

    assert {flags: status for flags, (status, _) in ends.items()} == dict.fromkeys(ends, 0)
    assert [flags for flags, (_, told) in ends.items() if "BrokenPipe" in told] == []


@pytest.mark.slow
def test_another_pipe_that_is_broken_is_the_reports_failure(script):
    done = script.write(REPORT.format(report=BROKEN)).run()

    assert done.returncode == 1
    assert "BrokenPipeError" in done.stderr


@pytest.mark.slow
def test_errors_are_in_the_table_where_they_have_not_been_shown(script):
    script.write(REPORT.format(report=""))

    assert "odd" not in script.run().stdout
    assert script.run("--report").stdout.count("ValueError: odd") == 2
