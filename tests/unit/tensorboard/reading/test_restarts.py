import tensorboardX

from pyexp.log import LogReader
from pyexp.tensorboard import convert
from support.event_files import event, start, strings, value, write


def point(step, number, tag="loss"):
    return event(value(tag, simple_value=number), step=step)


def convert_files(tmp_path, *files):
    for number, events in enumerate(files):
        write(tmp_path / "theirs" / f"events.out.tfevents.{number}", events)
    convert(tmp_path / "theirs", tmp_path / "ours")
    return LogReader(tmp_path / "ours")


FIRST = [point(step, step) for step in range(10)]
AGAIN = [point(step, 100 + step) for step in range(5, 8)]
CLEAN = [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 105.0), (6, 106.0), (7, 107.0)]


def test_a_restart_replaces_what_was_logged_from_its_step_on(tmp_path):
    assert convert_files(tmp_path, FIRST, [start(5), *AGAIN]).load_scalars("loss") == CLEAN


def test_a_restart_within_a_file(tmp_path):
    assert convert_files(tmp_path, [*FIRST, start(5), *AGAIN]).load_scalars("loss") == CLEAN


def test_it_does_so_for_tags_of_all_kinds_that_are_never_logged_again(tmp_path):
    text = [event(value("note", strings(b"text"), "text"), step=step) for step in (3, 6)]
    reader = convert_files(tmp_path, [*FIRST, *text, point(7, 1, "gone")], [start(5)])
    assert reader.load_scalars("loss") == CLEAN[:5]
    assert reader.load_text("note") == [(3, "text")]
    assert reader.scalar_tags == {"loss"}


def test_a_later_restart_reaches_further_back(tmp_path):
    reader = convert_files(tmp_path, FIRST, [start(5), *AGAIN], [start(2), point(9, 9)])
    assert reader.load_scalars("loss") == [(0, 0.0), (1, 1.0), (9, 9.0)]


def test_a_later_restart_leaves_what_an_earlier_one_has_replaced_hidden(tmp_path):
    reader = convert_files(tmp_path, FIRST, [start(5), *AGAIN], [start(7), point(7, 7)])
    assert reader.load_scalars("loss") == [*CLEAN[:7], (7, 7.0)]


def test_without_one_all_points_stay(tmp_path):
    assert len(convert_files(tmp_path, FIRST, AGAIN).load_scalars("loss")) == 13


def test_purge_step_of_tensorboardx(tmp_path):
    again = {"purge_step": 5, "filename_suffix": ".again"}  # files of one second are read in the order of their names
    for number, steps, arguments in ((0, range(10), {}), (100, range(5, 8), again)):
        writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs"), **arguments)
        for step in steps:
            writer.add_scalar("loss", number + step, step)
        writer.close()
    convert(tmp_path / "theirs", tmp_path / "ours")
    assert LogReader(tmp_path / "ours").load_scalars("loss") == CLEAN
