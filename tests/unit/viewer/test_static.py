"""The page's files: complete, small, nothing from outside, no text that becomes markup."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

STATIC = Path(str(files("pyexp.viewer") / "static"))
OWN = sorted(
    path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html"} and "vendor" not in path.parts
)
MODULES = sorted((STATIC / "js").glob("*.js"))
INDEX = (STATIC / "index.html").read_text()


def test_the_shell_names_every_file_and_only_files_that_exist() -> None:
    named = {STATIC / name for name in re.findall(r'(?:href|src)="/static/([^"]+)"', INDEX)}
    assert all(path.is_file() for path in named)
    assert named >= {*MODULES, *(STATIC / "css").glob("*.css")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_imports_modules_that_exist(path: Path) -> None:
    for name in re.findall(r'(?:from|import\() ?"\./([^"]+)"', path.read_text()):
        assert (path.parent / name).is_file(), name


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_file_stays_small_and_asks_nothing_from_outside(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_makes_no_markup_or_code_of_text(path: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|\.cssText"
    assert re.findall(forbidden, path.read_text()) == []
