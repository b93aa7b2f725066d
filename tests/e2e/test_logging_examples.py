"""Logging as it is documented: in experiments, alone, in both formats, and read back."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder

if TYPE_CHECKING:
    from e2e.support_project import Project

IN_EXPERIMENTS = """
import pyexp

def train_step():
    return 0.5

accuracy = 0.9

def compute(config):
    return config.epochs

from pyexp import Logger

@pyexp.experiment
def my_experiment(config, logger: Logger):
    for epoch in range(config.epochs):
        logger.set_global_it(epoch)

        # Train your model...
        loss = train_step()

        logger.add_scalar("loss", loss)
        logger.add_scalar("accuracy", accuracy)

    return {"final_loss": loss}

# Without logger (no logging overhead)
@pyexp.experiment
def simple_experiment(config):
    return {"result": compute(config)}

@my_experiment.report
def report(results, report_dir):
    for r in results:
        if r.logger:
            # Access logged data via LogReader
            loss_data = r.logger.load_scalars("loss")
            print(f"{r.name}: final_loss={loss_data[-1][1]:.4f}")
        print(loss_data)

configs = lambda: [{"name": "a", "epochs": 3}]
if __name__ == "__main__":
    my_experiment.run(configs=configs)
    simple_experiment.run(configs=configs, report=lambda results: print(results[0].logger))
"""

COMMIT = """
import pyexp

@pyexp.experiment
def my_experiment(config, logger):
    logger.add_text("note", "done")

@my_experiment.report
def report(results, report_dir):
    for r in results:
        it, config_yaml = r.logger["config"]
        it, commit = r.logger["git_commit"]
        print(it, commit)
        print(config_yaml)

my_experiment.run(configs=lambda: [{"name": "a", "x": 0.5}])
"""

PROTOBUF = 'logger = Logger("out/my_experiment/run1")'
JSONL = 'logger = Logger("out/my_experiment/run1", use_protobuf=False)'

STANDALONE = """
import matplotlib
matplotlib.use("Agg")
import numpy as np

loss_value, acc_value, generated_text, history = 0.5, 0.9, "once upon a time", [3, 2, 1]
X, Y = np.meshgrid(np.arange(4.0), np.arange(4.0))
Z = X * Y

from pyexp import Logger

{loggers}

for epoch in range({epochs}):
    logger.set_global_it(epoch)

    # Log scalar metrics
    logger.add_scalar("loss", loss_value)
    logger.add_scalar("accuracy", acc_value)

    # Log text (e.g., model outputs, debug info)
    logger.add_text("sample_output", generated_text)

    # Log figures
    import matplotlib.pyplot as plt
    fig, ax = plt.subplots()
    ax.plot(history)

    # interactive=True (default): renders as interactive widget in viewer
    # interactive=False: renders as static image (faster loading)
    logger.add_figure("training_curve", fig, interactive=False)

    # 3D plots work great as interactive
    fig_3d = plt.figure()
    ax = fig_3d.add_subplot(111, projection='3d')
    ax.plot_surface(X, Y, Z)
    logger.add_figure("loss_landscape", fig_3d, interactive=True)

    plt.close('all')
    logger.add_checkpoint("model", {{"epoch": epoch}})

# Flush ensures all async writes complete
logger.flush()
"""

READING = """
from pyexp import LogReader

# Discover runs in a directory
reader = LogReader("out/my_experiment")
print(reader.runs)  # ['run1', 'run2', ...]
print(reader.is_run)  # False (parent directory)

# Get a specific run
run = reader.get_run("run1")
print(run.is_run)  # True
print(run.iterations)  # [0, 1, 2, ..., 99]

# Available tags
print(sorted(run.scalar_tags))
print(sorted(run.text_tags))
print(sorted(run.figure_tags))
print(sorted(run.checkpoint_tags))

# Quick access to last value via __getitem__
it, loss = run["loss"]                  # Last scalar value
it, fig = run["loss_landscape"]         # Last figure
it, state = run["model"]                # Last checkpoint
print(it, loss, type(fig).__name__, state)

# Load full time series
loss_data = run.load_scalars("loss")    # [(0, 0.5), (1, 0.45), ...]
texts = run.load_text("sample_output")  # [(0, "Hello..."), ...]
print(loss_data, texts[0])

# Load specific iteration
fig = run.load_figure("loss_landscape", iteration=1)
state = run.load_checkpoint("model", iteration=1)
print(type(fig).__name__, state)

# Get iterations where a tag was logged
iters = run.figure_iterations("loss_landscape")      # [0, 25, 50, 75]
print(iters)
iters = run.checkpoint_iterations("model")           # [0, 100, 200, ...]
print(iters)
"""


def test_a_logger_is_made_when_it_is_asked_for(project: Project, executor: str):
    project.write("main.py", IN_EXPERIMENTS)
    done = project.python("main.py", "--executor", executor)
    assert done.stdout == "a: final_loss=0.5000\n[(0, 0.5), (1, 0.5), (2, 0.5)]\nNone\n"
    logged, silent = (run_folder(project.batch(name), "a") for name in ("my_experiment", "simple_experiment"))
    files = {"config.json", "status.json", "result.pkl", "log.out"}
    assert {path.name for path in logged.iterdir()} == files | {".pyexp", "events.pb"}
    assert {path.name for path in silent.iterdir()} == files


def test_config_and_commit_are_logged_first(project: Project, executor: str):
    project.write("main.py", COMMIT)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=project.root, check=True)
    done = project.python("main.py", "--executor", executor)
    first, *config = done.stdout.splitlines()
    commit = load(project.batch("my_experiment") / "batch.json")["commit"]
    assert first == f"0 {commit}"
    assert {"name: a", "x: 0.5"} <= set(config)


@pytest.mark.parametrize("loggers", [PROTOBUF, JSONL, f"{PROTOBUF}\n{JSONL}"], ids=["protobuf", "jsonl", "as written"])
def test_alone_and_read_back(project: Project, loggers: str):
    """The documentation makes one of each, of which the first gives way unused."""
    project.write("log.py", STANDALONE.format(loggers=loggers, epochs=2))
    project.write("read.py", READING)
    project.python("log.py")
    assert project.python("read.py").stdout.splitlines() == [
        "['run1']",
        "False",
        "True",
        "[0, 1]",
        "['accuracy', 'loss']",
        "['sample_output']",
        "['loss_landscape', 'training_curve']",
        "['model']",
        "1 0.5 Figure {'epoch': 1}",
        "[(0, 0.5), (1, 0.5)] (0, 'once upon a time')",
        "Figure {'epoch': 1}",
        "[0, 1]",
        "[0, 1]",
    ]
    folder = project.root / "out" / "my_experiment" / "run1"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if loggers == PROTOBUF:
        assert files == {".pyexp", "events.pb"}
        return
    assert {name for name in files if "/" not in name} == {".pyexp", "log.jsonl", "scalars.jsonl", "text.jsonl"}
    assert {".pyexp", "scalars.jsonl", "text.jsonl", "0/figures/training_curve.cpkl", "0/figures/training_curve.meta",
            "1/checkpoints/model.cpkl"} <= files  # fmt: skip
    line = json.loads((folder / "scalars.jsonl").read_text().splitlines()[0])
    assert (line["it"], line["tag"], line["value"]) == (0, "loss", 0.5)
    assert "time" in line
    line = json.loads((folder / "text.jsonl").read_text().splitlines()[0])
    assert (line["it"], line["tag"], line["text"]) == (0, "sample_output", "once upon a time")
