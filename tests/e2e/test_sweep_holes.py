"""A sweep with places left out, from the command line to the page's catalog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.support_project import statuses
from pyexp.store.batch import Batch
from pyexp.tensor.absent import HOLE

if TYPE_CHECKING:
    from e2e.support_project import Project

SCRIPT = """
import pyexp
from pyexp import sweep

@pyexp.experiment(name="holed", executor="inline", stash=False)
def act(config):
    if config.a == 2 and config.b == 1:
        raise ValueError("no")
    return {"sum": config.a + config.b}

@act.configs
def configs():
    return sweep([{"name": "x"}], {"a": [1, 2], "b": [1, 2, 3]}).where(lambda c: c.a + c.b != 4)

@act.report
def report(results):
    print(results.shape, len(results), results.map(lambda r: r.status).tolist())
    print(results[0, 0, 2].status, results[0, 0, 2].error)

if __name__ == "__main__":
    act.run()
"""


def test_every_way_of_starting_knows_the_holes(project: Project):
    script = project.write("main.py", SCRIPT).relative_to(project.root).as_posix()
    plan = project.python(script, "--dry-run").stdout
    assert sum("x_a=" in line for line in plan.splitlines()) == 4
    first = project.python(script)
    assert first.stdout.splitlines()[0] == "(1, 2, 3) 4 [[['passed', 'passed', None], ['failed', None, 'passed']]]"
    assert (
        first.stdout.splitlines()[1] == "absent there is no item at axis0=x, a=1, b=3: the sweep leaves this place out"
    )
    batch = project.batch("holed")
    assert list(statuses(batch).values()) == ["passed", "passed", "failed", "passed"]
    assert [folder is None for folder in json.loads((batch / "runs.json").read_text())["runs"]] == [False, False, True, False, True, False]  # fmt: skip
    for flag in ("--report", "--continue"):
        assert project.python(script, flag).stdout == first.stdout
    assert "3 passed, 1 failed" in project.python(script, "--list").stdout
    opened = Batch.open(Path(batch))
    assert opened.cells.count(HOLE) == 2
    assert len(opened.folders) == 4
