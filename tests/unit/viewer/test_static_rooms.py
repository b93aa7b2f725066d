"""The page's modules stand in rooms that import one way; read from their import lines, those of types included."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPTS = Path(str(files("pyexp.viewer") / "static" / "js"))
# From the ground up; rooms on one floor do not see each other. "" is the top folder itself.
FLOORS = [
    {"base"},
    {"model"},
    {"cards"},
    {"charts", "figures", "output", "runs_panel", "runs_table"},
    {"tabs"},
    {""},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TOP = {"access", "boot", "help", "keyboard", "main", "scroll_places", "shell", "workspace"}
MOST_MODULES = 14
IMPORT = re.compile(r'^import\b[^"]*"([^"]+)"|\bimport\("([^"]+)"\)|^export\b[^"\n]*\bfrom "([^"]+)"', re.MULTILINE)


def modules_of(folder: Path) -> dict[str, set[str]]:
    """The modules below *folder*, each with those that it imports, by their paths from *folder*."""
    return {
        path.relative_to(folder).as_posix(): {
            (path.parent / next(filter(None, names))).resolve().relative_to(folder.resolve()).as_posix()
            for names in IMPORT.findall(path.read_text())
        }
        for path in folder.rglob("*.js")
    }


def room_of(module: str) -> str:
    return module.rpartition("/")[0]


def problems_of(modules: dict[str, set[str]]) -> list[str]:
    """What stands or imports where it may not, a sentence each."""
    found = [f"{room_of(module)!r} is not a room" for module in modules if room_of(module) not in FLOOR_OF]
    found += [f"{module} is not on the list of the top folder" for module in misplaced(modules)]
    found += [
        f"{room!r} has more than {MOST_MODULES} modules" for room in FLOOR_OF if size(modules, room) > MOST_MODULES
    ]
    for module, imported in modules.items():
        found += [f"{module} imports {other}, which does not exist" for other in imported - modules.keys()]
        found += [f"{module} imports {other}, which is not below it" for other in imported if is_upward(module, other)]
    return [*found, *(f"a circle goes through {module}" for module in modules if module in reachable(modules, module))]


def misplaced(modules: dict[str, set[str]]) -> list[str]:
    return [module for module in modules if not room_of(module) and module.removesuffix(".js") not in TOP]


def size(modules: dict[str, set[str]], room: str) -> int:
    return sum(room_of(module) == room for module in modules)


def is_upward(module: str, imported: str) -> bool:
    room, other = room_of(module), room_of(imported)
    return room != other and {room, other} <= FLOOR_OF.keys() and FLOOR_OF[other] >= FLOOR_OF[room]


def reachable(modules: dict[str, set[str]], start: str) -> set[str]:
    """The modules that *start* imports, directly or not."""
    found: set[str] = set()
    waiting = list(modules[start])
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += modules.get(module, ())
    return found


@pytest.mark.slow
def test_the_rooms_import_one_way() -> None:
    assert problems_of(modules_of(SCRIPTS)) == []


@pytest.mark.slow
def test_the_import_lines_are_all_found() -> None:
    modules = modules_of(SCRIPTS)
    assert "workspace.js" in modules["main.js"]  # imported on demand
    assert "base/emitter.js" in modules["model/view.js"]
    for module, imported in modules.items():
        named = re.findall(r'(?:\bfrom |\bimport\()"([^"]+)"', (SCRIPTS / module).read_text())
        assert len(imported) == len(set(named)), module


@pytest.mark.parametrize("room", ["base", "model"])
def test_the_types_of_a_room_are_checked(room: str) -> None:
    for path in (SCRIPTS / room).iterdir():
        assert path.read_text().startswith("// @ts-check\n"), path.name


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        (
            {"base/dom.js": 'import { api } from "../model/api.js";'},
            "base/dom.js imports model/api.js, which is not below",
        ),
        ({"charts/plot.js": 'import {\n  a,\n} from "../figures/b.js";', "figures/b.js": ""}, "which is not below it"),
        ({"model/api.js": 'const { a } = await import("../tabs/a.js");', "tabs/a.js": ""}, "imports tabs/a.js"),
        ({"tabs/a.js": 'import "../main.js";', "main.js": ""}, "tabs/a.js imports main.js, which is not below it"),
        ({"tabs/a.js": 'export * from "../main.js";', "main.js": ""}, "tabs/a.js imports main.js"),
        ({"base/a.js": 'import "./b.js";', "base/b.js": 'import "./a.js";'}, "a circle goes through base/a.js"),
        ({"base/a.js": 'import "./gone.js";'}, "base/gone.js, which does not exist"),
        ({"attic/a.js": ""}, "'attic' is not a room"),
        ({"charts/lines/a.js": ""}, "'charts/lines' is not a room"),
        ({"stray.js": ""}, "stray.js is not on the list"),
        ({f"model/m{i}.js": "" for i in range(MOST_MODULES + 1)}, "'model' has more than 14 modules"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_violation_is_found(tmp_path: Path, planted: dict[str, str], problem: str) -> None:
    for name, text in {"model/api.js": "", **planted}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert any(problem in found for found in problems_of(modules_of(tmp_path)))
