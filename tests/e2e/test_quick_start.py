"""The first page of the documentation, as a user meets it: one script, its folders, resuming it, loading its results."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

from e2e.support_project import load, run_folder, statuses

if TYPE_CHECKING:
    from e2e.support_project import Project

QUICK_START = """
import pyexp
from pyexp import Config

@pyexp.experiment(name="mnist")
def experiment(config: Config):
    lr = config.learning_rate
    epochs = config.epochs
    # Run your experiment...
    return {"accuracy": 0.95}

@experiment.configs
def configs():
    return [
        {"name": "fast", "learning_rate": 0.01, "epochs": 10},
        {"name": "slow", "learning_rate": 0.001, "epochs": 100},
    ]

@experiment.report
def report(results, report_dir):
    # Each result has: name, config, result, error, log, logger, out
    for r in results:
        print(f"{r.name}: {r.result['accuracy']}")

    # Filter by config values
    fast_results = results[{"config.learning_rate": 0.01}]

if __name__ == "__main__":
    experiment.run()
"""

LOADING = """
from main import experiment

# Load results from the latest run
results = experiment.results()

# Load results from a specific timestamp
results = experiment.results(timestamp="2024-01-25_14-30-00")

# Override output directory
results = experiment.results(output_dir="/data/experiments")

# Work with loaded results
for r in results:
    print(f"{r.name}: {r.result['accuracy']}")

# Results preserve tensor shape from sweeps
print(results.shape)  # e.g., (1, 2, 2)
filtered = results[{"config.learning_rate": 0.01}]
print([r.name for r in filtered])
"""


def test_quick_start(project: Project, executor: str):
    project.write("main.py", QUICK_START)
    done = project.python("main.py", "--executor", executor)
    assert done.stdout == "fast: 0.95\nslow: 0.95\n"
    assert "mnist: 2 passed" in done.stderr


def test_the_folders_and_files_are_those_promised(project: Project, executor: str):
    project.write("main.py", QUICK_START)
    project.python("main.py", "--executor", executor)
    assert project.experiments() == ["mnist"]
    batch = project.batch("mnist")
    fast, slow = run_folder(batch, "fast"), run_folder(batch, "slow")
    files = {"runs.json", "configs.jsonl", "batch.json", "index.jsonl", ".owner", "report", fast.name, slow.name}
    assert {path.name for path in batch.iterdir()} == files
    for folder in (fast, slow):
        assert {path.name for path in folder.iterdir()} == {"config.json", "status.json", "result.pkl", "log.out"}

    assert load(batch / "runs.json") == {
        "shape": [2],
        "runs": [fast.name, slow.name],
        "axes": {"axis0": ["fast", "slow"]},
    }
    config = load(fast / "config.json")
    assert (config["name"], config["learning_rate"], config["epochs"]) == ("fast", 0.01, 10)
    assert str(fast) in json.dumps(config["out"])
    assert pickle.loads((fast / "result.pkl").read_bytes()) == {"accuracy": 0.95}
    assert load(fast / "status.json")["status"] == "passed"
    assert load(batch / "batch.json")["executor"] == executor


def test_each_start_makes_a_batch_and_continue_takes_the_latest_or_the_one_named(project: Project):
    project.write("main.py", QUICK_START)
    for _ in range(2):
        project.python("main.py", "--executor", "inline", "--filter", "fast", status=1)
    older, newer = project.batches("mnist")
    latest = project.python("main.py", "--executor", "inline", "--continue")
    assert "1 run (1 passed already)" in latest.stderr
    assert (statuses(older)["slow"], statuses(newer)["slow"]) == ("pending", "passed")
    project.python("main.py", "--executor", "inline", f"--continue={older.name}")
    assert statuses(older) == statuses(newer) == {"fast": "passed", "slow": "passed"}
    assert project.batches("mnist") == [older, newer]


def test_continue_and_report_use_the_saved_configs(project: Project, executor: str):
    project.write("main.py", QUICK_START)
    project.python("main.py", "--executor", executor, "--filter", "fast", status=1)
    batch = project.batch("mnist")
    before = {path: path.read_bytes() for path in batch.glob("*/config.json")}

    project.write("main.py", QUICK_START.replace('"epochs": 100', '"epochs": 7').replace('"slow"', '"renamed"'))
    done = project.python("main.py", "--executor", executor, "--continue")
    assert done.stdout == "fast: 0.95\nslow: 0.95\n"

    project.write(
        "main.py", QUICK_START.replace("return [\n", "raise RuntimeError('not to be called')\n    return [\n")
    )
    for flag in ("--report", f"--report={batch.name}", "--continue"):
        assert project.python("main.py", "--executor", executor, flag).stdout == "fast: 0.95\nslow: 0.95\n"
    assert {path: path.read_bytes() for path in batch.glob("*/config.json")} == before


def test_report_runs_nothing(project: Project, executor: str):
    project.write("main.py", QUICK_START)
    project.python("main.py", "--executor", executor)
    batch = project.batch("mnist")
    results = {path: path.stat().st_mtime_ns for path in batch.glob("*/result.pkl")}
    project.write("main.py", QUICK_START.replace("    lr = ", "    raise RuntimeError('not to be called')\n    lr = "))
    assert project.python("main.py", "--executor", executor, "--report").stdout == "fast: 0.95\nslow: 0.95\n"
    assert {path: path.stat().st_mtime_ns for path in batch.glob("*/result.pkl")} == results


def test_results_are_loaded_from_another_program(project: Project):
    project.write("main.py", QUICK_START)
    elsewhere = project.root / "data" / "experiments"
    project.python("main.py", "--executor", "inline")
    project.python("main.py", "--executor", "inline", "--output-dir", str(elsewhere))
    timestamp = project.batch("mnist").name
    text = LOADING.replace("/data/experiments", str(elsewhere)).replace("2024-01-25_14-30-00", timestamp)
    project.write("load.py", text)
    assert project.python("load.py").stdout == "fast: 0.95\nslow: 0.95\n(2,)\n['fast']\n"


def test_results_survive_the_move_of_their_folder(project: Project):
    project.write("main.py", QUICK_START)
    project.python("main.py", "--executor", "inline")
    (project.root / "out").rename(project.root / "archive")
    project.write(
        "load.py",
        "from main import experiment\nfor r in experiment.results(output_dir='archive'): print(r.config.out, r.out, r.result)",
    )
    for line in project.python("load.py").stdout.splitlines():
        config_out, out, _ = line.split(" ", 2)
        assert config_out == out
        assert out.startswith(str(project.root / "archive" / "mnist"))
