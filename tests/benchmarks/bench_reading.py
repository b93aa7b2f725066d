"""What reading costs: `python tests/benchmarks/bench_reading.py`.

The floor reads the same columns from plain files with `array.frombytes`, checks them, and knows where they are.
"""

import shutil
import statistics
import tempfile
import zlib
from array import array
from pathlib import Path

from measuring import medians, rival, row, taken
from table import print_table

from pyexp.log import Logger, LogReader, find_runs
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

FOLDER = Path(tempfile.mkdtemp(prefix="pyexp-bench-"))
POINTS = 100_000
PACED = 1_000  # steps, each of which is in a block of its own
TAGS = [f"group/metric{number:03}" for number in range(100)]


def write_series(path):
    with Logger(path) as logger:
        for step in range(POINTS):
            logger.set_global_it(step)
            logger.add_scalar("loss", step * 0.5)


def write_floor(path):
    path.mkdir()
    (path / "values").write_bytes(array("d", (step * 0.5 for step in range(POINTS))).tobytes())
    (path / "times").write_bytes(array("d", (1e9 + step for step in range(POINTS))).tobytes())


def write_run(path, points, per_block, tags=TAGS, *, closed=True):
    path.mkdir(parents=True)
    (path / ".pyexp").touch()
    file = EventFile(path / "events.pb")
    for begin in range(0, points, per_block):
        steps = range(begin, begin + per_block)
        values = array("d", [0.5]) * per_block
        file.prepare([Points(tag, steps, values, values) for tag in tags], [])()
    if closed:
        file.close()
    else:
        file.release()


def floor_columns():
    columns = []
    for name in ("values", "times"):
        column = array("d")
        data = (FOLDER / "floor" / name).read_bytes()
        zlib.crc32(data)
        column.frombytes(data)
        columns.append(column)
    return columns


def floor_arrays():
    import numpy as np

    def read():
        values, times = floor_columns()
        return np.arange(POINTS), np.frombuffer(values), np.frombuffer(times)

    return taken(read)


def floor_tuples():
    return taken(lambda: list(zip(range(POINTS), floor_columns()[0], strict=True)))


def ours_arrays():
    return taken(lambda: LogReader(FOLDER / "series").load_scalars_array("loss"))


def ours_tuples():
    return taken(lambda: LogReader(FOLDER / "series").load_scalars("loss"))


def ours_tags(name):
    return taken(lambda: LogReader(FOLDER / name).scalar_tags)


def ours_many():
    def list_all():
        for name in find_runs(FOLDER / "many"):
            assert len(LogReader(FOLDER / "many" / name).scalar_tags) == 10

    return taken(list_all)


def ours_scalars(name):
    return taken(lambda: LogReader(FOLDER / name).load_scalars_array("loss"))


def ours_paced(name, tags):
    def read_all():
        reader = LogReader(FOLDER / name)
        for tag in tags:
            assert len(reader.load_scalars_array(tag).values) >= PACED

    return taken(read_all)


def ours_last():
    reader = LogReader(FOLDER / "series")
    assert reader["loss"] == (POINTS - 1, (POINTS - 1) * 0.5)
    return taken(lambda: reader["loss"])


def ours_last_of_new_blocks():
    """The first question after each of ten blocks that came to a log of 3 million points."""
    shutil.rmtree(FOLDER / "growing", ignore_errors=True)
    (FOLDER / "growing").mkdir()
    file = EventFile(FOLDER / "growing" / "events.pb")
    values = array("d", [0.5]) * (1 << 16)
    reader = LogReader(FOLDER / "growing")
    found = []
    for begin in range(0, 56 << 16, 1 << 16):
        file.prepare([Points("loss", range(begin, begin + (1 << 16)), values, values)], [])()
        if begin >= 46 << 16:
            reader.refresh()
            found.append(taken(lambda: reader["loss"]))
    file.close()
    return statistics.median(found)


def write_theirs(path, points, tags):
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(path), max_queue=10_000) as writer:
        for step in range(points):
            for tag in tags:
                writer.add_scalar(tag, 0.5, step)


def theirs(path, tags=()):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def load():
        accumulator = EventAccumulator(str(path), size_guidance={"scalars": 0})
        accumulator.Reload()
        return [accumulator.Scalars(tag) for tag in tags] or accumulator.Tags()

    return taken(load)


def has_theirs():
    return rival("tensorboardX", lambda: 0.0) is not None and rival("tensorboard", lambda: 0.0) is not None


def prepare():
    """Write what is read below."""
    write_series(FOLDER / "series")
    write_floor(FOLDER / "floor")
    write_run(FOLDER / "closed", 10_000, 10)
    write_run(FOLDER / "live", 10_000, 10, closed=False)
    prepare_paced()
    for number in range(100):
        write_run(FOLDER / "many" / str(number), 1_000, 100, TAGS[:10])
    for name, blobs in (("without", 0), ("with", 16)):
        with Logger(FOLDER / name) as logger:
            for step in range(16):
                logger.add_scalar("loss", step)
                if blobs:
                    logger.add_checkpoint("model", bytes(64 << 20))
                logger.flush()
    if has_theirs():
        write_theirs(FOLDER / "theirs", POINTS, ["loss"])


# Steps, tags and whether it is closed.
PACED_LOGS = {
    "1,000 steps × 10 tags, a step a block, closed (floor: tight)": (PACED, 10, True),
    "the same, live": (PACED, 10, False),
    "1,125 steps, live, half of what is merged at once not merged": (PACED + 125, 10, False),
    "10,000 steps, closed": (10 * PACED, 10, True),
    "10,000 steps, live": (10 * PACED, 10, False),
    "1,000 steps of one tag, closed": (PACED, 1, True),
    "the same, live ": (PACED, 1, False),
}


def prepare_paced():
    """Write the same numbers at the pace of training, a step per block, and in a tight loop."""
    for steps, tags, closed in PACED_LOGS.values():
        write_run(FOLDER / f"paced {steps} {tags} {closed}", steps, 1, TAGS[:tags], closed=closed)
    for steps, tags in {(steps, tags) for steps, tags, _ in PACED_LOGS.values()}:
        write_run(FOLDER / f"tight {steps} {tags}", steps, steps, TAGS[:tags])
        if has_theirs():
            write_theirs(FOLDER / f"their {steps} {tags}", steps, TAGS[:tags])


def paced_rows():
    """Measure logs at the pace of training: beside EventAccumulator, and the tight one for comparison."""
    return [
        row(name, 3, medians(paced_systems(steps, TAGS[:tags], closed=closed), 15))
        for name, (steps, tags, closed) in PACED_LOGS.items()
    ]


def paced_systems(steps, tags, *, closed):
    """Return who reads these numbers."""
    size = f"{steps} {len(tags)}"
    accumulator = (lambda: theirs(FOLDER / f"their {size}", tags)) if has_theirs() else None
    return {
        "floor": lambda: ours_paced(f"tight {size}", tags),
        "ours": lambda: ours_paced(f"paced {size} {closed}", tags),
        "EventAccumulator": accumulator,
    }


def main():
    """Measure and print."""
    import numpy  # noqa: F401, ICN001 - not part of what is measured

    prepare()
    accumulator = (lambda: theirs(FOLDER / "theirs", ["loss"])) if has_theirs() else None
    arrays = medians({"floor": floor_arrays, "ours": ours_arrays, "EventAccumulator": accumulator}, 7)
    tuples = medians({"floor": floor_tuples, "ours": ours_tuples, "EventAccumulator": accumulator}, 7)
    blobs = medians({"floor": lambda: ours_scalars("without"), "ours": lambda: ours_scalars("with")}, 7)
    rows = [
        row("100k points of one tag, arrays", 2, arrays),
        row("100k points of one tag, tuples", 2, tuples),
        row("tags, 100 × 10,000 points, 10 a block, closed", 0.01, medians({"ours": lambda: ours_tags("closed")})),
        row("tags, 100 × 10,000 points, 10 a block, live", 0.07, medians({"ours": lambda: ours_tags("live")})),
        *paced_rows(),
        row("the last point of 100k, asked again", 0.0003, medians({"ours": ours_last})),
        row("the last point of 3 million, of a new block", 0.0003, medians({"ours": ours_last_of_new_blocks}, 3)),
        row("tags of 100 runs × 10 × 1,000", 0.015, medians({"ours": ours_many})),
        row("scalars beside 1 GB of checkpoints (floor: without these)", 1.3, blobs),
    ]
    print_table("Reading", rows)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
