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
MODULES = sorted((STATIC / "js").rglob("*.js"))
INDEX = (STATIC / "index.html").read_text()


def test_the_shell_names_every_file_and_only_files_that_exist() -> None:
    named = {STATIC / name for name in re.findall(r'(?:href|src)="static/([^"]+)"', INDEX)}
    assert all(path.is_file() for path in named)
    assert named >= {*MODULES, *(STATIC / "css").glob("*.css")}


def test_a_module_imports_modules_that_exist() -> None:
    imports = {
        (path.name, name): path.parent / name
        for path in MODULES
        for name in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', path.read_text())
    }
    assert len(imports) > len(MODULES)
    assert [names for names, target in imports.items() if not target.is_file()] == []


def test_a_file_stays_small_and_asks_nothing_from_outside() -> None:
    texts = {path.name: path.read_text() for path in OWN}
    assert {name: text.count("\n") for name, text in texts.items() if text.count("\n") > 300} == {}
    urls = {(name, url) for name, text in texts.items() for url in re.findall(r"https?://[^\s\"'`]+", text)}
    assert {url for _, url in urls} <= {"http://www.w3.org/2000/svg"}, urls


def test_a_module_makes_no_markup_or_code_of_text() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|\.cssText"
    found = {path.name: re.findall(forbidden, path.read_text()) for path in MODULES}
    assert {name: words for name, words in found.items() if words} == {}


def colours(theme: str) -> dict[str, str]:
    """The colours of a theme, by their names."""
    text = (STATIC / "css" / "tokens.css").read_text()
    part = text[text.index("{", text.index(theme)) : text.index("}", text.index(theme))]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part))


def brightness(colour: str) -> float:
    """How light a colour is, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [":root {", ':root[data-theme="dark"]'])
@pytest.mark.parametrize("ink", ["text", "muted", "faint", "accent", "good", "bad", "warn", "violet", "teal"])
def test_text_can_be_read_on_every_ground(theme: str, ink: str) -> None:
    found = colours(theme)
    grounds = ["bg", "surface", "sunken", "hover", *({f"{ink}-soft"} & found.keys())]
    for ground in grounds:
        light, dark = sorted([brightness(found[ink]), brightness(found[ground])], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, ground


def test_nothing_moves_for_longer_than_five_seconds() -> None:
    """What moves for longer needs a switch (WCAG 2.2.2), and keeps the browser painting 60 times a second."""
    declared = [text for path in STATIC.glob("css/*.css") for text in re.findall(r"animation: (.+);", path.read_text())]
    moving = [text for text in declared if not text.startswith("none")]
    assert moving
    for text in moving:
        seconds, times = re.search(r" ([\d.]+)s ", text), re.search(r" (\d+)$", text)
        assert seconds, text
        assert times, text
        assert float(seconds[1]) * int(times[1]) <= 5, text


def test_requests_are_given_up_in_one_place() -> None:
    """Elsewhere it would be forgotten that an answer may come although it was given up."""
    makers = {path.relative_to(STATIC).as_posix() for path in MODULES if "new AbortController" in path.read_text()}
    assert makers == {"js/base/latest.js"}
