"""What logging costs: `python tests/benchmarks/bench_logging.py`.

The floor is the same hot line without checks or thread, and columns written in one piece at the end.
"""

import logging
import os
import shutil
import statistics
import tempfile
import threading
import time
from array import array
from functools import partial
from itertools import count
from pathlib import Path

from measuring import medians, rival, row, taken
from table import print_table

from pyexp.log import Logger, LogReader
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

BURST = 10_000
TOTAL = 200_000
RIVAL_TOTAL = 3_000
serial = count()
FOLDER = Path(tempfile.mkdtemp(prefix="pyexp-bench-"))


def fresh(name):
    path = FOLDER / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def floor_calls():
    """Return the two hot functions and the list they fill."""
    now = time.time
    rows = {}
    it = None

    def set_it(value):
        nonlocal it
        it = value

    def add(tag, value):
        rows[tag]((it, value, now()))

    values = []
    rows["loss"] = values.extend
    return set_it, add, values


def write_floor(values, path):
    with open(path, "wb") as file:
        file.writelines(array(typecode, values[column::3]).tobytes() for column, typecode in enumerate("qdd"))


def caller_floor():
    set_it, add, _ = floor_calls()
    return time_calls(set_it, add, BURST)


def caller_ours():
    with Logger(fresh("ours")) as logger:
        logger.add_scalar("loss", 0.0)  # the first call of a tag starts the thread
        return time_calls(logger.set_global_it, logger.add_scalar, BURST)


def time_calls(set_it, add, calls):
    begin = time.perf_counter()
    for step in range(calls):
        set_it(step)
        add("loss", 0.5)
    return (time.perf_counter() - begin) / calls


def total_floor():
    path = fresh("floor.bin")
    set_it, add, values = floor_calls()
    begin = time.perf_counter()
    for step in range(TOTAL):
        set_it(step)
        add("loss", 0.5)
    write_floor(values, path)
    return (time.perf_counter() - begin) / TOTAL


def total_ours(use_protobuf=True):
    begin = time.perf_counter()
    with Logger(fresh("ours"), use_protobuf) as logger:
        time_calls(logger.set_global_it, logger.add_scalar, TOTAL)
    return (time.perf_counter() - begin) / TOTAL


def step_latency(set_it, add):
    """p99.9 of one call, ten of them per step of one millisecond."""
    taken = []
    clock = time.perf_counter_ns
    for step in range(1000):
        end = clock() + 1_000_000
        set_it(step)
        for tag in TAGS:
            begin = clock()
            add(tag, 0.5)
            taken.append(clock() - begin)
        while clock() < end:
            pass
    return statistics.quantiles(taken, n=1000)[-1] / 1e9


TAGS = [f"metric{number}" for number in range(10)]


def latency_floor():
    lists = {tag: [].extend for tag in TAGS}
    now = time.time
    return step_latency(lambda _: None, lambda tag, value: lists[tag]((0, value, now())))


def latency_ours():
    with Logger(fresh("ours")) as logger:
        return step_latency(logger.set_global_it, logger.add_scalar)


def visible_ours():
    """The longest of ten times from a call to a reader that sees it."""
    with Logger(fresh("ours")) as logger:
        logger.add_scalar("x", 0)
        logger.flush()
        reader = LogReader(logger.path)
        reader.refresh()
        taken = []
        for _ in range(10):
            begin = time.perf_counter()
            logger.add_scalar("x", 1)
            while not reader.refresh():
                time.sleep(0.001)
            taken.append(time.perf_counter() - begin)
    return max(taken)


def bytes_ours():
    with Logger(fresh("ours")) as logger:
        for step in range(2000):
            logger.set_global_it(step)
            for tag in TAGS:
                logger.add_scalar(tag, 0.5)
            if step % 10 == 9:
                logger.flush()  # ten steps a tick
    return (logger.path / "events.pb").stat().st_size / 20_000


def bytes_paced(*, closed):
    """A step of ten tags per tick, a thousand of them."""
    logger = Logger(fresh("ours"))
    for step in range(1000):
        logger.log(dict.fromkeys(TAGS, 0.5), step=step)
        logger.flush()
    if closed:
        logger.close()
    found = (logger.path / "events.pb").stat().st_size / 10_000
    logger.close()
    return found


def drawn_figure():
    """Return a figure of four charts of a thousand points, as a training script makes it."""
    from matplotlib.figure import Figure

    figure = Figure()
    for axes in figure.subplots(2, 2).flat:
        axes.plot([step**0.5 for step in range(1_000)])
    return figure


def figure_saved():
    return taken(partial(drawn_figure().savefig, FOLDER / "figure.png"))


def figure_logged():
    with Logger(fresh("figure")) as logger:
        return taken(partial(logger.add_figure, "figure", drawn_figure()))


def closing_paced():
    """Time to close a log of 10,000 steps of ten tags, a step a block, which is written anew."""
    path = fresh("ours")
    path.mkdir()
    (path / ".pyexp").touch()
    file = EventFile(path / "events.pb")
    for step in range(10_000):
        its, values = array("q", (step,)), array("d", (0.5,))
        file.prepare([Points(tag, its, values, values) for tag in TAGS], [])()
    begin = time.perf_counter()
    file.close()
    found = time.perf_counter() - begin
    assert (path / "events.pb").stat().st_size < 2_000_000
    return found


def idle_ours():
    """Return which part of a core 200 loggers take that have nothing to write, and how many threads they have."""
    loggers = [Logger(fresh(f"idle/{number}")) for number in range(200)]
    before = threading.active_count()
    for logger in loggers:
        logger.add_scalar("x", 1)
    time.sleep(3)  # until they sleep
    threads, begin, cpu = threading.active_count() - before, time.perf_counter(), time.process_time()
    time.sleep(2)
    share = (time.process_time() - cpu) / (time.perf_counter() - begin)
    for logger in loggers:
        logger.close()
    return share, threads


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


class TensorboardX:
    """tensorboardX's SummaryWriter."""

    def __init__(self, path):
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(path), flush_secs=1)

    def add(self, step, value):
        self._writer.add_scalar("loss", value, step)

    def close(self):
        self._writer.close()


class EventFileWriter:
    """tensorboard's own writer."""

    def __init__(self, path):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter as Writer

        self._event, self._summary = Event, Summary
        self._writer = Writer(str(path), flush_secs=1)

    def add(self, step, value):
        summary = self._summary(value=[self._summary.Value(tag="loss", simple_value=value)])
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))

    def close(self):
        self._writer.close()


class Wandb:
    """wandb offline."""

    def __init__(self, path):
        import wandb

        path.mkdir(parents=True)
        os.environ["WANDB_SILENT"] = "true"
        self._run = wandb.init(mode="offline", project="bench", dir=str(path))

    def add(self, step, value):
        self._run.log({"loss": value}, step=step)

    def close(self):
        self._run.finish()


class Mlflow:
    """mlflow on sqlite, in batches of 1,000."""

    def __init__(self, path):
        from mlflow.entities import Metric
        from mlflow.tracking import MlflowClient

        path.mkdir(parents=True)
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._metric = Metric
        self._client = MlflowClient(f"sqlite:///{path}/mlflow.db")
        self._run = self._client.create_run(self._client.create_experiment("bench")).info.run_id
        self._waiting = []

    def add(self, step, value):
        self._waiting.append(self._metric("loss", value, int(time.time() * 1000), step))
        if len(self._waiting) == 1000:
            self._client.log_batch(self._run, metrics=self._waiting)
            self._waiting = []

    def close(self):
        self._client.log_batch(self._run, metrics=self._waiting)


class Aim:
    """aim."""

    def __init__(self, path):
        from aim import Run

        path.mkdir(parents=True)
        self._run = Run(repo=str(path), system_tracking_interval=None, log_system_params=False)

    def add(self, step, value):
        self._run.track(value, name="loss", step=step)

    def close(self):
        self._run.close()


RIVALS = {"tensorboardX": TensorboardX, "tensorboard": EventFileWriter, "wandb": Wandb, "mlflow": Mlflow, "aim": Aim}


def rivals(measure):
    return {name: rival(name, partial(measure_in_new_folder, measure, system)) for name, system in RIVALS.items()}


def measure_in_new_folder(measure, system):
    """Some keep what they know of a folder for as long as the process lives."""
    path = FOLDER / f"rival{next(serial)}"
    return measure(system(path), path)


def rival_caller(system, _):
    begin = time.perf_counter()
    for step in range(1000):
        system.add(step, 0.5)
    taken = time.perf_counter() - begin
    system.close()
    return taken / 1000


def rival_total(system, _):
    begin = time.perf_counter()
    for step in range(RIVAL_TOTAL):
        system.add(step, 0.5)
    system.close()
    return (time.perf_counter() - begin) / RIVAL_TOTAL


def rival_bytes(system, path):
    for step in range(RIVAL_TOTAL):
        system.add(step, 0.5)
    system.close()
    return size(path) / RIVAL_TOTAL


def main():
    """Measure and print."""
    # Milliseconds each: with few rounds, the clock of a shared processor says more than the code.
    caller = medians({"floor": caller_floor, "ours": caller_ours}, 25) | medians(rivals(rival_caller), 5)
    total = medians({"floor": total_floor, "ours": total_ours}, 15) | medians(rivals(rival_total), 5)
    latency = medians({"floor": latency_floor, "ours": latency_ours}, 5)
    weight = medians({"ours": bytes_ours, **rivals(rival_bytes)}, 1)
    share, threads = idle_ours()
    lines = medians({"floor": total_ours, "ours": lambda: total_ours(use_protobuf=False)}, 5)
    figures = medians({"floor": figure_saved, "ours": figure_logged}, 5)
    rows = [
        row("`set_global_it` + `add_scalar`, the caller's time", 1.3, caller),
        row("total until closed, per scalar", 1.5, total),
        row("one call, p99.9, 10 per 1 ms step", 5e-6, {"ours": latency["ours"], "the floor's": latency["floor"]}),
        row("bytes per scalar, 10 steps a tick", 20, weight, "bytes"),
        row(
            "bytes per scalar, a step a tick, closed",
            20,
            medians({"ours": lambda: bytes_paced(closed=True)}, 1),
            "bytes",
        ),
        row("the same, live", 32, medians({"ours": lambda: bytes_paced(closed=False)}, 1), "bytes"),
        row("closing 10,000 steps of 10 tags, a step a tick", 0.05, medians({"ours": closing_paced}, 5)),
        row("200 idle loggers, percent of a core", 0.1, {"ours": 100 * share}, "percent"),
        row("200 idle loggers, threads", 1, {"ours": threads}, "threads"),
        row("visible to a reader, the longest of 10", 0.1, medians({"ours": visible_ours}, 5)),
        row("JSONL, total (floor: the protobuf format)", 4, lines),
        row("`add_figure`, the caller's time (floor: `savefig`)", 0.3, figures),
    ]
    print_table("Logging", rows)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
