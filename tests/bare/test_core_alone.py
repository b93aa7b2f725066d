"""The core works with its five dependencies alone, and says which extra is missing for the rest."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec

import pytest

import pyexp
from pyexp import Config, Logger, LogReader, load_config, sweep

SCRIPT = """
    import pyexp

    @pyexp.experiment(stash=False)
    def squares(config, logger):
        for step in range(3):
            logger.set_global_it(step)
            logger.add_scalar("value", config.x * step)
        print("working on", config.name)
        return config.x ** 2

    @squares.configs
    def configs():
        return pyexp.sweep([{"name": "s"}], {"x": [1, 2, 3]})

    if __name__ == "__main__":
        results = squares.run()
        assert [r.result for r in results] == [1, 4, 9], [r.error for r in results]
        assert results.sel(x=2)[0].logger.load_scalars("value") == [(0, 0.0), (1, 2.0), (2, 4.0)]
        print(results.shape, results[0].log)
"""

EXTRAS = ("aiohttp", "watchfiles", "plotly", "matplotlib", "ray", "pandas", "xarray", "sklearn")


@pytest.mark.parametrize("executor", ["subprocess", "fork", "inline"])
def test_a_sweep_runs(tmp_path, executor):
    script = tmp_path / "squares.py"
    script.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--executor", executor],
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "(1, 3) working on s_x=1" in done.stdout


def test_every_module_of_the_core_can_be_imported():
    rooms = ("config", "store", "log", "executors", "scheduler", "results", "definition", "runner")
    names = [
        module.name
        for room in rooms
        for module in pkgutil.walk_packages(importlib.import_module(f"pyexp.{room}").__path__, f"pyexp.{room}.")
    ]
    assert len(names) > 50
    for name in names:
        # The worker is a script; the compiled messages are imported by who needs them.
        if name not in {"pyexp.executors.child.worker", "pyexp.executors.ending.guard"} and not name.startswith(
            "pyexp.executors.ray"
        ):
            importlib.import_module(name)


def test_public_names_are_there():
    for name in pyexp.__all__:
        if name != "RayExecutor":
            assert getattr(pyexp, name) is not None


def test_configs_and_logs_need_no_extra(tmp_path):
    (tmp_path / "base.yaml").write_text("lr: 1e-3\nmodel: {width: 8}\n")
    config = load_config(tmp_path / "base.yaml")
    assert config == Config(lr=0.001, model={"width": 8})
    assert sweep([config], {"model.width": [1, 2]}).shape == (1, 2)
    with Logger(tmp_path / "run") as logger:
        logger.add_scalar("loss", 0.5)
        logger.add_text("note", "fine")
    reader = LogReader(tmp_path / "run")
    assert reader["loss"] == (0, 0.5)
    assert reader["note"] == (0, "fine")


@pytest.mark.skipif(
    any(find_spec(extra) for extra in EXTRAS), reason="an extra is installed here: `tox -e bare` has none of them"
)
class TestMissingExtras:
    def test_viewer(self, tmp_path):
        from pyexp.viewer import run

        with pytest.raises(ImportError, match=r'pip install "pyexp\[viewer\]"'):
            run(tmp_path)

    def test_ray(self):
        with pytest.raises(ImportError, match=r'pip install "pyexp\[ray\]"'):
            pyexp.get_executor("ray")

    def test_data_frames(self):
        with pytest.raises(ImportError, match=r'pip install "pyexp\[analysis\]"'):
            pyexp.Tensor([]).to_dataframe()

    def test_as_a_command(self, tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "pyexp.viewer", tmp_path], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert 'pip install "pyexp[viewer]"' in done.stderr
        assert "Traceback" not in done.stderr
