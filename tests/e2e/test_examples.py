"""The first examples of the repository, run as their docstrings say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from e2e.support_project import run_folder, statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(project: Project, name: str) -> str:
    """Copy the example into the project, so that its output stays there."""
    (text,) = [path.read_text() for path in EXAMPLES.glob(f"{name}*.py")]
    return project.write(f"examples/{name}.py", text).relative_to(project.root).as_posix()


def test_digits(project: Project):
    script = example(project, "01")
    done = project.python(script, "--executor", "fork")  # the libraries are imported once, not nine times
    batch = project.batch("digits", "examples/out")
    assert list(statuses(batch).values()) == ["passed"] * 9
    rows = [line.split() for line in done.stdout.splitlines() if "%" in line and "|" in line]
    assert [row[0] for row in rows] == ["8", "32", "128"]
    assert all(len(row) == 5 for row in rows)
    assert "best: mlp_model.width=128" in done.stdout
    assert (batch / "report" / "digits.png").read_bytes().startswith(b"\x89PNG")
    assert "9 passed" in project.python(script, "--list").stdout
    assert project.python(script, "--report").stdout == done.stdout


def test_class_checkpoints(project: Project):
    script = example(project, "02")
    first = project.python(script, "--executor", "fork")
    assert "medium   failed: ConnectionError: the licence server does not answer" in first.stdout
    done = project.python(script, "--continue")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["small", "medium", "large"]
    assert "failed" not in done.stdout
    log = (run_folder(project.batch("forest", "examples/out"), "medium") / "log.out").read_text()
    assert log.count("training\n") == 1
    assert log.count("evaluating\n") == 3  # two attempts of the step, and the one of the continued run


def test_async_stream(project: Project):
    output = project.python(example(project, "03")).stdout
    assert output.count(" after ") == 12
    assert output.count("the application is alive") >= 2
    assert "best of the second round: temperature=" in output


def test_seeds(project: Project):
    script = example(project, "08")
    done = project.python(script, "--executor", "fork")  # NumPy is imported once, not 35 times
    batch = project.batch("seeds", "examples/out")
    assert list(statuses(batch).values()) == ["passed"] * 35
    assert sum(" ± " in line for line in done.stdout.splitlines() if line.startswith("lr=")) == 7
    assert "best run: line_lr=0.1_momentum=" in done.stdout
    assert done.stdout.count(" at best") == 4
    for name in ("loss.html", "heatmap.html"):
        page = (batch / "report" / name).read_text("utf-8")
        assert "Plotly.newPlot" in page
        assert "<script src=" not in page
    assert project.python(script, "--report").stdout == done.stdout
