import gc
import json
import os
import threading

import matplotlib as mpl
import numpy as np
import pytest
import tensorboardX
from tensorboardX.proto.summary_pb2 import Summary

from pyexp.errors import LogError, LogWriteError
from pyexp.log import LogReader
from pyexp.tensorboard import SummaryWriter
from support.event_files import event, value
from support.waiting import wait_until

mpl.use("Agg")
import matplotlib.pyplot as plt


def use(writer):
    """What a program does that was written for tensorboardX."""
    for step in range(10):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalars("group", {"a": step, "b": np.float32(0.5)}, global_step=step)
    writer.add_scalar("timed", 1, 5, walltime=123.0)
    writer.add_scalar("counted", 7)
    writer.add_scalar("counted", 8)
    writer.add_text("note", "text", 2)
    writer.add_histogram("weights", np.arange(10), 3)
    writer.add_image("picture", np.zeros((3, 4, 5)), 1)
    writer.add_image("grey", np.zeros((4, 5)), 1, dataformats="HW")
    writer.add_images("batch", np.zeros((6, 3, 4, 5)), 1)
    figure = plt.figure()
    writer.add_figure("figure", figure, 4)
    writer.add_hparams({"lr": 0.1}, {"final": 0.9})
    writer.flush()
    writer.close()
    writer.add_scalar("late", 1, 1)
    writer.close()


@pytest.mark.slow
def test_programs_for_tensorboardx_run_as_they_are(tmp_path):
    use(tensorboardX.SummaryWriter(str(tmp_path / "theirs")))
    use(SummaryWriter(str(tmp_path / "ours")))
    reader = LogReader(tmp_path / "ours")
    assert reader.load_scalars("loss") == [(step, 1 / (step + 1)) for step in range(10)]
    assert reader.load_scalars("group/b") == [(step, 0.5) for step in range(10)]
    assert reader.read_series("timed").times.tolist() == [123.0]
    assert reader.load_scalars("counted") == [(0, 7.0), (1, 8.0)]
    assert reader.load_text("note") == [(2, "text")]
    assert reader.histogram_tags == {"weights"}
    assert reader.image_tags == {"picture", "grey", "batch"}
    assert reader.figure_iterations("figure") == [4]
    assert reader.hparams == {"lr": 0.1}
    assert reader.load_scalars("late") == [(1, 1.0)]
    assert reader["final"] == (0, 0.9)
    assert plt.get_fignums() == []


def test_what_is_not_kept_is_said_once_and_the_program_goes_on(tmp_path):
    with SummaryWriter(logdir=str(tmp_path)) as writer:
        with pytest.warns(UserWarning, match="add_graph has no counterpart") as caught:
            assert [writer.add_graph("model", verbose=verbose) for verbose in (False, True)] == [None, None]
        assert [warning.filename for warning in caught] == [__file__]
        with pytest.warns(UserWarning, match="display_name"):
            writer.add_scalar("x", 1, 1, None, "name", "description")
        with pytest.warns(UserWarning, match="hparam_domain_discrete"):
            writer.add_hparams({"lr": 1}, {}, {"lr": [1, 2]})
        with pytest.raises(AttributeError):
            writer.add_nonsense()


def test_arguments_of_the_constructor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("given", "ignored", None, 5, 60, ".suffix") as writer:
        assert writer.logdir == writer.log_dir == writer.get_logdir() == "given"
        assert (writer.max_queue, writer.flush_secs, writer.filename_suffix) == (5, 60, ".suffix")
    SummaryWriter(log_dir="named", comet_config={"disabled": True}).close()
    assert (tmp_path / "named" / "events.pb").exists()
    with pytest.warns(UserWarning, match=r"SummaryWriter\(purgestep=…\) has no counterpart"):
        SummaryWriter("given", purgestep=3).close()
    with pytest.raises(LogError, match="choose a folder on this machine"):
        SummaryWriter("s3://bucket/run")


def test_nothing_is_written_when_nothing_should_be(tmp_path):
    writer = SummaryWriter(tmp_path / "run", write_to_disk=False)
    use(writer)
    writer.add_hparams({"lr": 0.1}, {}, "named")
    writer.export_scalars_to_json(tmp_path / "scalars.json")
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["scalars.json"]


def test_the_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="-mine") as writer:
        writer.add_scalar("x", 1)
    [run] = LogReader("runs").runs
    assert run.endswith("-mine")


def test_logging_after_a_close_goes_on_where_it_was(tmp_path):
    writer = SummaryWriter(tmp_path)
    for step in (3, 5):
        writer.add_scalar("loss", step, step)
        writer.add_scalar("counted", step)
        writer.add_text("note", "text")
        writer.close()
        assert writer.file_writer is writer.all_writers is None
    writer.close()
    writer.flush()
    writer.add_scalar("loss", 4, 4)  # not above the last one, and hides nothing
    assert writer.all_writers == {str(tmp_path): writer.file_writer}
    writer.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(3, 3.0), (5, 5.0), (4, 4.0)]
    assert reader.load_scalars("counted") == [(0, 3.0), (1, 5.0)]
    assert reader.load_text("note") == [(0, "text"), (1, "text")]
    assert len(reader.attempts) == 1
    assert reader.damage == 0


def test_a_folder_that_is_gone_is_told_of(tmp_path):
    writer = SummaryWriter(tmp_path / "run")
    writer.close()
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    (tmp_path / "run").rmdir()
    with pytest.raises(LogWriteError, match=r"cannot log to .*run.* any more"):
        writer.add_scalar("x", 1)


def test_several_threads_may_open_it_again(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    ready = threading.Barrier(8)

    def log(number):
        ready.wait()
        for step in range(100):
            writer.add_scalar(f"of {number}", step)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    reader = LogReader(tmp_path)
    assert all(len(reader.load_scalars(f"of {number}")) == 100 for number in range(8))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors")
@pytest.mark.slow
def test_dropped_writers_let_go_of_threads_and_files(tmp_path):
    gc.collect()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for number in range(50):
        SummaryWriter(tmp_path / str(number)).add_scalar("x", number, 7)
    wait_until(lambda: threading.active_count() <= threads and len(os.listdir("/proc/self/fd")) <= files)
    assert all(LogReader(tmp_path / str(number)).load_scalars("x") == [(7, number)] for number in range(50))


def test_use_metadata(tmp_path):
    writer = SummaryWriter(tmp_path)
    with writer.use_metadata(global_step=7, walltime=5.0) as same:
        same.add_scalar("x", 1)
        same.add_scalar("x", 2, 8, walltime=6.0)
        same.add_text("note", "text")
        with pytest.raises(ZeroDivisionError), writer.use_metadata(global_step=9):
            raise ZeroDivisionError
        same.add_scalar("x", 3)
    writer.add_scalar("other", 1)
    writer.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(7, 1.0), (8, 2.0), (7, 3.0)]
    assert reader.read_series("x").times.tolist() == [5.0, 6.0, 5.0]
    assert reader.load_text("note") == [(7, "text")]
    assert reader.load_scalars("other") == [(0, 1.0)]


def test_export_scalars_to_json_is_theirs(tmp_path):
    exports = []
    for made, name in ((tensorboardX.SummaryWriter, "theirs"), (SummaryWriter, "ours")):
        writer = made(str(tmp_path / name))
        path = tmp_path / f"{name}.json"
        for steps in (range(3), range(3, 5), ()):
            for step in steps:
                writer.add_scalars("group", {"a": step, "b": 0.5}, step, walltime=1e9 + step)
                writer.add_scalar("not in the export", 1, step)
            writer.export_scalars_to_json(str(path))
            exports.append(json.loads(path.read_text().replace(str(tmp_path / name), "")))
        writer.close()
    assert exports[:3] == exports[3:]
    assert exports[0]["/group/a"] == [[1e9, 0, 0.0], [1e9 + 1, 1, 1.0], [1e9 + 2, 2, 2.0]]


@pytest.mark.parametrize(
    ("arguments", "named", "run", "step"),
    [
        ((), {}, ".", 0),
        ((), {"global_step": 7}, ".", 7),
        ((None, 7), {}, ".", 7),  # tensorboardX: name, step
        (("mine", 7), {}, "mine", 7),
        ((), {"name": "mine", "global_step": 7}, "mine", 7),
        ((None, None, 7), {}, ".", 7),  # PyTorch: domains, name, step
        ((None, "mine", 7), {}, "mine", 7),
        ((), {"run_name": "mine", "global_step": np.int64(7)}, "mine", 7),
        (("3",), {}, "run_3", 0),  # a number below a run would be taken for an iteration
    ],
)
def test_add_hparams_in_either_order(tmp_path, arguments, named, run, step):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": 0.1}, {"final": 0.9}, *arguments, **named)
    reader = LogReader(tmp_path)
    found = reader if run == "." else reader.get_run(run)
    assert run in (".", *reader.runs)
    assert found.hparams == {"lr": 0.1}
    assert found.load_scalars("final") == [(step, 0.9)]
    assert [entry.iteration for entry in found.entries("hparams")] == [step]


def test_other_hyperparameters_get_a_run_of_their_own(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for lr in (0.1, 0.1, 0.2, 0.3):
            writer.add_hparams({"lr": lr}, {"final": lr})
    reader = LogReader(tmp_path)
    assert reader.hparams == {"lr": 0.1}
    assert sorted(reader.get_run(name).hparams["lr"] for name in reader.runs) == [0.2, 0.3]


def test_whole_messages(tmp_path):
    writer = SummaryWriter(tmp_path)
    take = writer.file_writer
    take.add_summary(tensorboardX.summary.scalar("x", 1.5), 3, walltime=5.0)
    take.add_summary(tensorboardX.summary.text("note", "text").SerializeToString(), 4)
    take.add_event(event(value("y", simple_value=2), step=6))
    writer._get_file_writer().add_event(event(value("y", simple_value=3), step=6), step=9)
    for message in tensorboardX.summary.hparams({"lr": 0.1}, {"final": 1}):
        take.add_summary(message)
    with take.use_metadata(global_step=11):
        take.add_summary(tensorboardX.summary.scalar("x", 2.5))
    with pytest.warns(UserWarning, match="a summary of the kind 'audio' has no counterpart") as caught:
        take.add_summary(Summary(value=[value("sound", audio=Summary.Audio())]))
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(UserWarning, match="add_graph has no counterpart"):
        take.add_graph(None)
    take.flush()
    take.close()
    assert writer.file_writer is None
    take.reopen()
    take.add_summary(tensorboardX.summary.scalar("x", 3.5), 12)
    writer.close()
    reader = LogReader(take.get_logdir())
    assert reader.load_scalars("x") == [(3, 1.5), (11, 2.5), (12, 3.5)]
    assert reader.load_scalars("y") == [(6, 2.0), (9, 3.0)]
    assert reader.read_series("x").times[0] == 5.0
    assert reader.load_text("note") == [(4, "text")]
    assert reader.hparams == {"lr": 0.1}


NO_STEPS = [
    (float("nan"), ValueError, "found nan: cannot convert float NaN"),
    (float("inf"), ValueError, "found inf: cannot convert float inf"),
    ("3 epochs", ValueError, "found '3 epochs': invalid literal"),
    ([1], TypeError, r"found \[1\]: int\(\) argument"),
    (1j, TypeError, "found 1j"),
    (np.float64("nan"), ValueError, "must be an integer; found "),
    (1 << 63, ValueError, "9223372036854775808 does not fit in 64 bits"),
]


@pytest.mark.parametrize(("step", "kind", "message"), NO_STEPS)
def test_a_step_that_is_none_names_the_tag(tmp_path, step, kind, message):
    with SummaryWriter(tmp_path) as writer:
        for add in (writer.add_scalar, writer.add_text):
            with pytest.raises(kind, match=rf"the step of 'loss' .*{message}"):
                add("loss", 1, step)
        writer.add_scalar("loss", 1, 7)
    assert LogReader(tmp_path).load_scalars("loss") == [(7, 1.0)]
