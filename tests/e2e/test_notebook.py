"""`run()` in the cells of a real Jupyter kernel."""

from __future__ import annotations

import os
import signal
import textwrap
import threading
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from e2e.support_project import SOURCE, WAIT_S, statuses
from support.processes import is_alive
from support.waiting import wait_until_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFINE = """
import os
import pyexp
from pyexp import Config, build, register, sweep

OFFSET = 100

@pyexp.experiment(name="cell", stash=False)
def experiment(config: Config):
    print("in", os.getpid())
    return config.x + OFFSET, os.getpid()
"""

RUN = """
results = experiment.run(configs=lambda: sweep([{"name": "n"}], {"x": [1, 2]}), report=lambda results: results)
print(results.shape, [r.result[0] for r in results], os.getpid() in [r.result[1] for r in results])
"""


class Notebook:
    """A kernel that is fed cell by cell."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def cell(self, source: str) -> str:
        """Execute *source* and give what it printed to standard output."""
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        return "".join(output["text"] for output in cell.outputs if output.get("name") == "stdout")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SOURCE))
        client = NotebookClient(
            nbformat.v4.new_notebook(), timeout=WAIT_S, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        with client.setup_kernel():
            yield client


@pytest.fixture
def notebook(kernel: NotebookClient, tmp_path: Path) -> Notebook:
    notebook = Notebook(kernel)
    notebook.cell(f"%reset -f\nimport os; os.chdir({str(tmp_path)!r})")
    return notebook


@pytest.mark.parametrize(("executor", "is_same"), [("subprocess", False), ("fork", False), ("inline", True)])
def test_a_function_of_a_cell_runs(notebook: Notebook, executor: str, *, is_same: bool):
    notebook.cell(DEFINE)
    assert notebook.cell(RUN.replace("run(", f"run(executor={executor!r}, ")) == f"(1, 2) [101, 102] {is_same}\n"


def test_a_changed_cell_is_what_runs(notebook: Notebook, tmp_path: Path):
    notebook.cell(DEFINE)
    notebook.cell(RUN)
    notebook.cell("OFFSET = 200")
    assert notebook.cell(RUN) == "(1, 2) [201, 202] False\n"
    assert len(list((tmp_path / "out" / "cell").iterdir())) == 2  # beside the notebook, where there is no script


def test_earlier_results_are_loaded(notebook: Notebook):
    notebook.cell(DEFINE)
    notebook.cell(RUN)
    assert notebook.cell("print([r.result[0] for r in experiment.results()])") == "[101, 102]\n"


def test_a_class_of_a_cell_runs_and_is_registered_anew(notebook: Notebook):
    cell = """
        from pyexp import Experiment, ExperimentRunner, build, chkpt, register

        @register
        class Model:
            def __init__(self, width):
                self.width = width * FACTOR

        class Trial(Experiment):
            @chkpt
            def experiment(self):
                self.width = build(Model, self.cfg.model).width

            @staticmethod
            def configs():
                return [{"model": {"type": "Model", "width": 3}}]

        print([trial.width for trial in ExperimentRunner(Trial, stash=False).run(report=lambda results: results)])
    """
    cell = textwrap.dedent(cell)
    assert notebook.cell(cell.replace("FACTOR", "1")) == "[3]\n"
    assert notebook.cell(cell.replace("FACTOR", "2")) == "[6]\n"


def test_a_cell_may_await_too(notebook: Notebook):
    notebook.cell(DEFINE)
    given = 'configs=lambda: [{"x": 1}, {"x": 2}]'
    assert notebook.cell(f"print(len(await experiment.arun({given}, report=lambda results: results)))") == "2\n"
    streamed = f"print(sorted([r.result[0] async for r in experiment.astream({given})]))"
    assert notebook.cell(streamed) == "[101, 102]\n"


def test_the_stop_button_ends_the_runs(notebook: Notebook, tmp_path: Path):
    kernel = int(notebook.cell("print(os.getpid())"))
    notebook.cell(
        """
import pyexp

@pyexp.experiment(stash=False)
def experiment(config):
    import os, time
    from pathlib import Path
    Path("pid").write_text(str(os.getpid()))
    Path("pid").rename("started")
    time.sleep(120)
"""
    )
    presser = threading.Thread(
        target=lambda: (wait_until_read(tmp_path / "started"), os.kill(kernel, signal.SIGINT)), daemon=True
    )
    presser.start()
    with pytest.raises(CellExecutionError, match="KeyboardInterrupt"):
        notebook.cell('experiment.run(configs=lambda: [{"name": "long"}])')
    presser.join(WAIT_S)
    assert not is_alive(int((tmp_path / "started").read_text()))
    (batch,) = (tmp_path / "out" / "experiment").iterdir()
    assert statuses(batch) == {"long": "interrupted"}
    assert notebook.cell("print('alive')") == "alive\n"
