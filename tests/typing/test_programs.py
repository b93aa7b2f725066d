"""Programs of users under mypy and pyright, both strict: those in `passes` have no errors, those in `fails` the marked.

A line that has to fail ends with ``# error: <code of mypy>, <rule of pyright>``; every other line has to pass.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Found = Mapping[str, Mapping[int, set[str]]]  # the codes of the errors, by program and line

pytestmark = pytest.mark.timeout(600)  # without its cache mypy reads the stubs of NumPy and pandas first

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = sorted(
    path.relative_to(HERE).as_posix() for folder in ("passes", "fails") for path in (HERE / folder).glob("*.py")
)
MARK = re.compile(r"# error: (?P<mypy>[a-z-]+), (?P<pyright>report\w+)$")


def checked(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def by_line(errors: list[tuple[str, int, str]]) -> Found:
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, line, code in errors:
        found[(ROOT / path).relative_to(HERE).as_posix()][line].add(code)
    return found


@cache
def mypy() -> Found:
    """The errors of mypy, which looks at all programs at once."""
    told = checked(
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir=.mypy_cache/programs",
        "--output=json",
        "--num-workers=2",
        *map(str, map(HERE.joinpath, PROGRAMS)),
    )
    lines = [json.loads(line) for line in told.splitlines()]
    return by_line([(line["file"], line["line"], line["code"]) for line in lines if line["severity"] == "error"])


@cache
def pyright() -> Found:
    """The errors of pyright, which looks at all programs at once."""
    told = json.loads(checked("pyright", "--project", str(HERE), "--pythonpath", sys.executable, "--outputjson"))
    assert told["summary"]["filesAnalyzed"] == len(PROGRAMS)
    return by_line(
        [(line["file"], line["range"]["start"]["line"] + 1, line["rule"]) for line in told["generalDiagnostics"]]
    )


def expected(program: str, checker: str) -> dict[int, str]:
    lines = (HERE / program).read_text("utf-8").splitlines()
    marked = {number: line for number, line in enumerate(lines, start=1) if "# error" in line}
    return {number: MARK.search(line)[checker] for number, line in marked.items()}


@pytest.mark.parametrize("checker", [mypy, pyright], ids=["mypy", "pyright"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_exactly_the_marked_lines_fail(program: str, checker: Callable[[], Found]):
    wanted, found = expected(program, checker.__name__), checker().get(program, {})
    assert {line: sorted(codes) for line, codes in found.items() if wanted.get(line) not in codes} == {}
    assert wanted.keys() - found.keys() == set()


def test_there_are_programs_of_both_kinds():
    marks = {program: len(expected(program, "mypy")) for program in PROGRAMS}
    assert all((marks[program] > 0) == program.startswith("fails/") for program in PROGRAMS)
    assert sum(marks.values()) > 50
