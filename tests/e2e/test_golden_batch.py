"""What an earlier version wrote is read back, value by value: see `tests/golden`."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import pyexp
from e2e.support_golden import OLDER, STATES, copy_batches, load, name_of
from golden.script import Reading
from golden.steps import Training
from golden.values import Phase, Weights, squares
from pyexp import Config, Status, Tensor

VALUES = "2026-11-27_00-05-25"


@pytest.mark.parametrize("experiment", STATES)
def test_the_state_of_each_run(tmp_path, experiment):
    results = load(copy_batches(tmp_path, experiment), experiment)
    assert {name_of(r): (r.status, r.ok, r.attempts) for r in results} == STATES[experiment]


def test_the_times_of_a_run(tmp_path):
    results = load(copy_batches(tmp_path, "states"), "states")
    assert results["failed"].started == datetime(2026, 11, 27, 0, 5, 28, 282338, tzinfo=UTC)
    assert results["failed"].finished - results["failed"].started == timedelta(seconds=0.295688)
    assert results["timed-out"].duration == 1.5320148468017578
    assert (results["orphaned"].finished, results["pending"].started) == (None, None)


# What results and configs hold.


@pytest.fixture
def values(tmp_path) -> dict:
    return {r.name: r.result for r in load(copy_batches(tmp_path, "values"), "values")}


def check_config(config: Config) -> None:
    assert [(key, config[key]) for key in config if key not in ("floats", "out", "long")] == [
        ("name", "config"),
        ("kind", "config"),
        ("path", Path("data/train.csv")),
        ("tuple", (1, (2, "three"), {"deep": 1})),
        ("set", {1, "a", (2, 3)}),
        ("$dollar", {"$path": "no path"}),
        ("items", ["a method of dict", {}]),
        ("layers", [{"width": 8}, {"width": 16, "act": None}]),
        ("text", "ünïcode 🙂\nlines"),
        ("flag", True),
        ("empty", {"dict": {}, "list": [], "tuple": (), "set": set()}),
    ]
    assert str(config.floats) == "[nan, inf, -inf, 1e-300]"
    assert config.long == -(1 << 12_000)
    assert type(config) is type(config.tuple[2]) is type(config.layers[0]) is Config
    assert config.layers[1].width == 16


def test_a_config_from_its_file_and_from_a_pickle(tmp_path):
    out = copy_batches(tmp_path, "values")
    run = load(out, "values")["config"]
    check_config(run.config)
    check_config(run.result)
    assert run.config.out == run.out == out / "values" / VALUES / "config-69ec6acea7b6"
    assert run.result.out == Path("/home/user/project/out/values", VALUES, "config-69ec6acea7b6")


def test_a_tensor_of_configs(values):
    tensor = values["tensor"]
    assert type(tensor) is Tensor
    assert (tensor.shape, tensor.axes) == (
        (1, 2, 2),
        {"axis0": ["inner"], "lr": [0.1, 0.01], "model.width": [8, 16]},
    )
    wanted = {"name": "inner_lr=0.01_model.width=16", "model": {"width": 16}, "lr": 0.01}
    assert tensor[0, 1, 1] == tensor.sel({"model.width": 16}, axis0="inner", lr=0.01) == wanted
    assert tensor[0, 1, 1].model.width == 16


def test_plain_values(values):
    plain = values["plain"]
    assert str(plain.pop("numbers")) == "[nan, inf, -inf, -0.0, 1208925819614629174706176]"
    assert plain == {
        "tuple": (1, (2, "three"), []),
        "set": {1, 2, 3},
        "frozenset": frozenset({"a"}),
        "path": Path("data/train.csv"),
        "status": [Status.PASSED, Status.TIMEOUT],
        "bytes": b"\x00\xff",
        "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "none": None,
        "text": "ünïcode 🙂",
    }
    assert [type(status) for status in plain["status"]] == [Status, Status]
    assert values["own"] == [Weights((0.5, 1.5)), Phase.COLD]


def test_arrays(values):
    arrays = values["arrays"]
    assert str(arrays["floats"].tolist()) == "[[1.5, nan], [inf, -2.0]]"
    assert arrays["integers"].tolist() == [0, 1, 2]
    assert arrays["objects"].tolist() == [Status.FAILED, None]
    assert arrays["fortran"].tolist() == [[1, 2], [3, 4]]
    assert arrays["scalar"] == 0.25
    assert [array.dtype.name for array in arrays.values()] == ["float32", "int64", "object", "float64", "int16"]


def test_outcomes_errors_and_tasks(values):
    passed, failed, *errors, task, class_task = values["outcomes"]
    assert passed == pyexp.Passed(digest="sha256:00", pid=1)
    assert failed == pyexp.Failed(error="ValueError: no\n\ntrace", status=Status.TIMEOUT, exit=3, signal="SIGKILL")
    assert [(type(error).__name__, str(error)) for error in errors] == [
        ("ExperimentsFailedError", "2 failed"),
        ("SelectionError", "no item is named 'x'"),
    ]
    for found in (task, class_task):
        assert type(found) is pyexp.Task
        assert (found.name, found.config, found.out, found.attempt) == ("a", {"lr": 1}, Path("out/a"), 1)
        assert found.body.is_async is False


def test_values_of_the_log(values):
    found = values["log values"]
    series, arrays, (entry,) = found["series"], found["arrays"], found["entries"]
    assert (series.tag, list(series.iterations), list(series.values)) == ("loss", [0, 1, 2], [0.0, 0.5, 1.0])
    assert (arrays.iterations.tolist(), arrays.values.tolist()) == ([0, 1, 2], [0.0, 0.5, 1.0])
    assert list(series.times) == arrays.times.tolist() == [1795737925.9001691, 1795737925.900171, 1795737925.900172]
    assert (entry.kind, entry.tag, entry.iteration, entry.parts[0].media_type) == ("text", "text", 2, "text/plain")
    assert found["changes"].scalars == {"loss": 2}
    assert str(found["reader"].path).startswith(f"/home/user/project/out/values/{VALUES}/log values-")


def test_results_of_runs_within_a_run(values):
    nested = values["nested"]
    assert nested["runner"]({"x": 3}) == squares({"x": 3}) == 9
    for results in (nested["results"], nested["instances"]):
        assert (results.shape, results.axes) == ((1, 2), {"axis0": ["inner"], "x": [2, 3]})
        assert [(r.name, r.status, r.attempts) for r in results] == [
            ("inner_x=2", "passed", 1),
            ("inner_x=3", "passed", 1),
        ]
        assert not any(r.ok for r in results)  # their batches are gone


def test_public_names_are_the_same_things(values):
    for name, value in values["public"].items():
        module, _, public = name.rpartition(".")
        assert value is getattr(pyexp.log if module == "pyexp.log" else pyexp, public), name
    assert len(values["public"]) == 40
    assert all(value is getattr(pyexp.errors, name) for name, value in values["errors"].items())
    assert len(values["errors"]) == 24


def test_a_result_that_names_the_script_itself(tmp_path):
    (run,) = load(copy_batches(tmp_path, "scripted"), "scripted")
    assert run.result == {"reading": Reading((2.5, -2.5))}


def test_sweeps(tmp_path):
    out = copy_batches(tmp_path, "swept")
    results = load(out, "swept")
    assert results.shape == (1, 2, 3)
    assert results.axes == {"axis0": ["mlp"], "learning_rate": [0.5, 0.25], "model.width": [8, 16, 32]}
    assert list(results.map(lambda r: r.result["accuracy"])) == [4.0, 8.0, 16.0, 2.0, 4.0, 8.0]
    assert results.sel({"model.width": 32}, learning_rate=0.25, axis0="mlp").result == {"accuracy": 8.0, "width": 32}
    assert results[{"config.model.width": 16}].shape == (1, 2, 1)
    older = load(out, "swept", OLDER)
    assert (older.shape, older.axes) == ((1, 2), {"axis0": ["mlp"], "axis1": ["short", "wide"]})
    assert [r.result for r in older] == [{"accuracy": 2.0, "width": 4}, {"accuracy": 16.0, "width": 64}]
    assert [(r.name, r.config.steps) for r in older] == [("mlp_short", 1), ("mlp_wide", 2)]


def test_names_that_are_no_names_of_folders(tmp_path):
    results = load(copy_batches(tmp_path, "named"), "named")
    assert [(r.result, r.config.name) for r in results] == [(name, name) for name in STATES["named"]]


def test_instances_and_checkpoints_of_the_class_api(tmp_path):
    passed, failed = load(copy_batches(tmp_path, "Training", "Streaming"), "Training")
    assert type(passed) is Training
    assert (passed.weights, passed.settings.model.width) == (Weights((0.5, 2.0)), 8)
    assert (passed.data, passed.source, passed.score) == ({(1, 2), (3, 4)}, Path("data/train.csv"), 2.0)
    assert (passed.grid.axes, passed.state) == ({"axis0": ["g"], "lr": [1, 2]}, Status.PASSED)
    with pytest.raises(AttributeError, match="is failed"):
        failed.score  # noqa: B018 — that it raises is the point
    saved = pickle.loads((failed.out / ".checkpoints" / "evaluate.2.pkl").read_bytes())
    assert (saved["returned"], saved["calls"], saved["attributes"]["weights"]) == (1.25, {}, Weights((0.25, 2.0)))
    (stream,) = load(tmp_path / "golden", "Streaming")
    assert (stream.seen, stream.result) == ([7], {"x": 7})


def test_errors_and_output(tmp_path):
    states = load(copy_batches(tmp_path, "states", "damaged"), "states")
    assert {r.name: r.error and r.error.split("\n")[0] for r in states if not r.ok} == {
        "failed": "ValueError: this run fails",
        "failed-twice": "ValueError: this run fails",
        "exited": "ProcessExited: the run's process exited with code 3 before it returned a result",
        "killed": "ProcessKilled: killed by SIGKILL: out of memory, perhaps",
        "timed-out": "TimeoutError: no result within 1.5 s; the run's processes were ended",
        "interrupted": "Interrupted: the batch was stopped",
        "orphaned": "Interrupted: the process that ran the batch was killed; --continue executes the run again",
        "pending": "NotRun: this run has not been executed yet; --continue executes it",
    }
    assert states["failed"].error.endswith("ValueError: this run fails\non two lines\n")
    assert "RuntimeError: not yet\n\n--- attempt 2, 2026-11-27" in states["retried"].log
    assert (states["pending"].log, states["exited"].log) == ("", "about to exit\n")
    damaged = load(tmp_path / "golden", "damaged")
    for name in ("flipped-result", "cut-result"):
        assert (damaged[name].result, str(damaged[name].out / "result.pkl") in damaged[name].error) == (None, True)
    for folder in ("altered-config-54afd0d590e6", "altered-config-without-result-81148b1be37b"):
        (run,) = (r for r in damaged if r.out.name == folder)
        with pytest.raises(pyexp.errors.DamagedFileError, match=folder):
            run.config  # noqa: B018 — that it raises is the point
    assert [r.result and r.result["triple"] for r in damaged] == [0, None, None, 9, None, 15, None, None, 24]
