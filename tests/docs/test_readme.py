"""The README tells the truth and the whole of it: its programs run; every flag, setting, file and extra is in it."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import pyexp
import pyexp.log
from pyexp import tensorboard, viewer
from pyexp.executors.base import ExecutorName
from pyexp.runner.command_line.flags import FLAGS
from pyexp.runner.settings import Settings
from pyexp.store.layout import BatchPaths, RunPaths

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# The address in it is the reader's own cluster; tests/clusters runs the like of it.
ON_A_CLUSTER = [text for text in BLOCKS if "ray://" in text]
PROGRAMS = [text for text in BLOCKS if text not in ON_A_CLUSTER]

# What a program of the README leaves to the reader.
SUPPLIED = {
    "build_model": "build_model = lambda width: {'width': width}\n",
    "train_step": "train_step = lambda model, rate: rate / model['width']\n",
    "evaluate(model)": "evaluate = lambda model: 0.9\n",
}
# Files that a user never sees: they are gone when a run has ended.
TRANSIENT = {"staged_result"}


@pytest.mark.parametrize("program", PROGRAMS, ids=[text.strip().splitlines()[-1][:40] for text in PROGRAMS])
def test_programs_run(program: str, tmp_path: Path):
    supplied = "".join(text for name, text in SUPPLIED.items() if name in program)
    (tmp_path / "main.py").write_text(supplied + program.replace('"steps": 1000', '"steps": 3'))
    done = subprocess.run(
        [sys.executable, "-W", "error", "main.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(pyexp.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr


def test_there_are_programs():
    assert len(PROGRAMS) >= 5
    assert len(ON_A_CLUSTER) == 1
    compile(ON_A_CLUSTER[0], "README.md", "exec")


def flag_table() -> str:
    """All flags with their keywords and variables, as the README has them."""
    rows = [("flag", "keyword", "variable", ""), ("---",) * 4]
    for flag in FLAGS:
        value = flag.metavar and (f"[{flag.metavar}]" if flag.parsing.get("nargs") == "?" else flag.metavar)
        spellings = ", ".join(f"`{spelling}{f' {value}' if value else ''}`" for spelling in flag.spellings)
        keyword = f"`{flag.setting}`" if flag.setting else ""
        variable = f"`{flag.variable}`" if flag.variable else ""
        rows.append((spellings.replace("|", "\\|"), keyword, variable, flag.help.replace("|", "\\|")))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_the_table_has_every_flag_with_its_keyword_and_variable():
    assert flag_table() in README


SECTIONS = {
    name: README.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    for name in ("The command line", "Growing a batch")
}
MAIN = re.search(r"^```python\n(.*?)^```$", SECTIONS["The command line"], re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("section", SECTIONS)
def test_commands_run(section: str, tmp_path: Path):
    (tmp_path / "main.py").write_text(MAIN)
    (commands,) = re.findall(r"^```bash\n(.*?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)
    for line in commands.splitlines():
        done = subprocess.run(
            [sys.executable, *shlex.split(line, comments=True)[1:]],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(pyexp.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)
        assert "failed" not in done.stderr


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_told(field: str):
    assert f"`{field}`" in README


@pytest.mark.parametrize(
    "name",
    [
        path.name
        for paths in (BatchPaths(ROOT), RunPaths(ROOT))
        for key, kind in vars(type(paths)).items()
        if isinstance(kind, property) and key not in TRANSIENT and isinstance(path := getattr(paths, key), Path) and path != ROOT
    ],
)  # fmt: skip
def test_every_file_is_told(name: str):
    assert name in README


@pytest.mark.parametrize(
    "extra", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
)
def test_every_extra_is_told(extra: str):
    assert f"`{extra}`" in README


@pytest.mark.parametrize("executor", get_args(ExecutorName))
def test_every_executor_is_told(executor: str):
    assert f"| `{executor}` |" in README


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_links_lead_somewhere(link: str):
    assert (ROOT / link).exists()


PUBLIC = [f"{module.__name__}.{name}" for module in (pyexp, pyexp.log, viewer, tensorboard) for name in module.__all__]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_told(name: str):
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", README)
