"""The lines of code that the page offers where nothing was logged yet can be called as they stand."""

from __future__ import annotations

import ast
import inspect
import re
from importlib.resources import files
from pathlib import Path

import pytest

from pyexp.log import Logger

SCRIPTS = Path(str(files("pyexp.viewer") / "static" / "js"))
HINTS = sorted(
    {hint for path in SCRIPTS.rglob("*.js") for hint in re.findall(r"'(logger\.\w+\(.*?\))'", path.read_text())}
)


def test_there_are_hints() -> None:
    assert len(HINTS) >= 6


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_fits_the_signature(hint: str) -> None:
    call = ast.parse(hint, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    method = inspect.signature(getattr(Logger, call.func.attr))
    method.bind(None, *call.args, **{str(keyword.arg): keyword.value for keyword in call.keywords})


def test_the_hint_of_a_table_makes_one(tmp_path: Path) -> None:
    (hint,) = [hint for hint in HINTS if "add_table" in hint]
    with Logger(tmp_path / "run") as logger:
        exec(hint, {"logger": logger, "names": ["cat", "dog"], "counts": [1, 2]})
