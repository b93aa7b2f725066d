import numpy as np
import pytest

from pyexp.log import LogReader
from pyexp.tensorboard import SummaryWriter

CLEAN = [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 105.0), (6, 106.0), (7, 107.0)]


def log(folder, steps, offset=0, tag="loss", **arguments):
    with SummaryWriter(folder, **arguments) as writer:
        for step in steps:
            writer.add_scalar(tag, offset + step, step, walltime=1e9 + offset + step)


def test_a_resumed_program_replaces_what_it_logged_from_there_on(tmp_path):
    log(tmp_path, range(10))
    log(tmp_path, range(5, 8), 100, purge_step=5)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == CLEAN
    assert reader.read_series("loss").times.tolist() == [*range(10**9, 10**9 + 5), *range(10**9 + 105, 10**9 + 108)]


@pytest.mark.parametrize("first", [6, 7, 20])
def test_also_what_lies_before_its_first_new_point(tmp_path, first):
    log(tmp_path, range(10))
    log(tmp_path, [first], purge_step=5)
    assert LogReader(tmp_path).load_scalars("loss") == [*CLEAN[:5], (first, float(first))]


def test_and_tags_that_are_not_logged_again(tmp_path):
    log(tmp_path, range(10))
    SummaryWriter(tmp_path, purge_step=5).close()
    assert LogReader(tmp_path).load_scalars("loss") == CLEAN[:5]


def test_and_objects_of_every_kind(tmp_path):
    for offset, steps, arguments in ((0, range(4), {}), (100, [3], {"purge_step": 2})):
        with SummaryWriter(tmp_path, **arguments) as writer:
            for step in steps:
                writer.add_text("note", f"{offset + step}", step)
                writer.add_text("note", "another", step)
            if not offset:
                writer.add_image("picture", np.zeros((1, 2, 2)), 1)
                writer.add_image("picture", np.ones((1, 2, 2)), 2)
                writer.add_hparams({"lr": 0.1}, {})
    reader = LogReader(tmp_path)
    kept = [(0, "0"), (0, "another"), (1, "1"), (1, "another"), (3, "103"), (3, "another")]
    assert reader.load_text("note") == kept
    assert reader.image_iterations("picture") == [1]
    assert reader.hparams == {"lr": 0.1}


def test_several_points_of_the_last_step_stay(tmp_path):
    log(tmp_path, [0, 4, 4, 3, 6])
    SummaryWriter(tmp_path, purge_step=5).close()
    assert sorted(LogReader(tmp_path).load_scalars("loss")) == [(0, 0.0), (3, 3.0), (4, 4.0), (4, 4.0)]


def test_nothing_to_purge(tmp_path):
    log(tmp_path / "new", range(3), purge_step=5)
    log(tmp_path / "new", [3], purge_step=3)
    assert LogReader(tmp_path / "new").load_scalars("loss") == CLEAN[:4]


def test_a_tag_with_nothing_below_is_hidden_when_it_is_logged_again(tmp_path):
    log(tmp_path, range(10, 13))
    log(tmp_path, [10], 100, purge_step=5)
    assert LogReader(tmp_path).load_scalars("loss") == [(10, 110.0)]


def test_it_happens_once(tmp_path):
    log(tmp_path, range(10))
    writer = SummaryWriter(tmp_path, purge_step=5)
    writer.add_scalar("loss", 105, 5)
    writer.close()
    writer.add_scalar("loss", 106, 6)
    writer.close()
    assert LogReader(tmp_path).load_scalars("loss") == CLEAN[:7]


def test_what_is_damaged_is_not_in_the_way(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(4):
            writer.add_text("note", f"text number {step}", step)
    path = tmp_path / "events.pb"
    path.write_bytes(path.read_bytes().replace(b"text number 2", b"text number X"))
    SummaryWriter(tmp_path, purge_step=3).close()
    assert LogReader(tmp_path).load_text("note") == [(0, "text number 0"), (1, "text number 1")]
