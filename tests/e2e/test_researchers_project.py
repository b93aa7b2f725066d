"""`examples/10_project` as its owner uses it: a package with configs, a command, a notebook."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

from e2e.support_install import Installation
from e2e.support_project import WAIT_S, run_folder, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.support_project import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "10_project"


class Research:
    """The project, installed as ``pip install -e`` does."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root / "work"
        shutil.copytree(EXAMPLE, self.root, ignore=shutil.ignore_patterns("out", "__pycache__", "*.egg-info"))
        declared = tomllib.loads((self.root / "pyproject.toml").read_text())["project"]
        installation = Installation(project.root / "venv")
        installation.add_path("spirals", str(self.root))
        ((program, entry),) = declared["scripts"].items()
        self.program = installation.add_program(program, entry, declared["name"])

    def train(self, *arguments: str, status: int = 0) -> str:
        """Run the command and return all that it prints."""
        # NumPy is imported once.
        done = self.project.run(self.program, *arguments, status=status, PYEXP_EXECUTOR="forkserver")
        return done.stdout + done.stderr

    def batches(self) -> list[Path]:
        return sorted((self.root / "spirals" / "out" / "spirals").glob("20*"))


@pytest.fixture
def research(project: Project) -> Iterator[Research]:
    return Research(project)


def test_a_week_of_it(research: Research, monkeypatch: pytest.MonkeyPatch):
    quick = ("--set", "steps=5")

    # Look first: nothing is started by a slip, or by a dry run.
    assert "12 of 12 runs would be executed" in research.train("--dry-run")
    assert "did you mean 'optim.lr'" in research.train("--set", "optim.lx=1", status=2)
    assert "unknown argument '--bogus'" in research.train("--bogus", status=2)
    assert research.batches() == []

    # The sweep; one value fixed; another file, another axis.
    assert "12 passed" in research.train(*quick)
    assert "6 passed" in research.train(*quick, "optim.lr=0.1", "--note", "slow")
    tight = str(research.root / "spirals" / "configs" / "tight.yaml")
    assert "18 passed" in research.train(*quick, "--config", tight, "--sweep", "width=8,16,32", "--trial")
    listed = research.train("--list")
    assert "slow" in listed
    assert "trial" in listed

    # Two more seeds of the latest batch that is no trial, and runs once more.
    script = research.root / "spirals" / "train.py"
    script.write_text(script.read_text().replace("range(3)", "range(5)"))
    assert "4 passed" in research.train("--extend")
    assert list(statuses(research.batches()[1]).values()) == ["passed"] * 10
    assert "4 runs (6 passed already)" in research.train("--rerun", "--where", "width=8", "--filter", "seed=[1-4]")

    # A folder that was deleted is pending again.
    shutil.rmtree(run_folder(research.batches()[1], "net_lr=0.1_width=8_seed=1_steps=5"))
    assert "1 run (9 passed already)" in research.train("--continue")

    monkeypatch.setenv("PYTHONPATH", f"{research.root}:{research.project.environment['PYTHONPATH']}")
    displayed = show_notebook(research.root / "results.ipynb")
    assert "1 × 1 × 2 × 5" in displayed[0]
    assert "width" in displayed[1]
    assert "net_lr=0.1_width=" in displayed[2]
    assert all("plotly" in figure for figure in displayed[3:])


def show_notebook(path: Path) -> list[str]:
    """Run the notebook in a kernel and return what its cells display, as HTML where there is HTML."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=WAIT_S, resources={"metadata": {"path": path.parent}}).execute()
    outputs = [cell.outputs[-1].data for cell in notebook.cells if cell.cell_type == "code"]
    return [data.get("text/html") or str(data) for data in outputs]
