"""What people do to the folder of a log that is being written: whatever it is, points are readable or an error is seen."""

import os
import shutil
import sys

import pytest

from pyexp.errors import LogError, LogWriteError
from pyexp.log import Logger, LogReader

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="open files can be neither removed nor renamed there")


def remove_folder(folder):
    shutil.rmtree(folder)


def remove_files(folder):
    for path in folder.iterdir():
        path.unlink()


def remove_one_file(folder):
    next(path for path in sorted(folder.iterdir()) if path.name in ("events.pb", "scalars.jsonl")).unlink()


def rename_files(folder):
    for path in list(folder.iterdir()):
        path.rename(path.with_name(f"{path.name}.old"))


def replace_by_a_copy(folder):  # as rsync, editors and `git checkout` do
    for path in list(folder.iterdir()):
        copy = path.with_name("copy")
        shutil.copy(path, copy)
        copy.replace(path)


def remove_what_has_a_second_link(folder):  # as `cp -al` makes for a backup
    shutil.copytree(folder, f"{folder}.backup", copy_function=os.link)
    shutil.rmtree(folder)


def remove_what_is_above(folder):
    shutil.rmtree(folder.parent)


def replace_by_a_file(folder):
    shutil.rmtree(folder)
    folder.write_text("in its place")


LOSSES = [
    remove_folder,
    remove_files,
    remove_one_file,
    rename_files,
    replace_by_a_copy,
    remove_what_has_a_second_link,
    remove_what_is_above,
    replace_by_a_file,
]


@both_formats
@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_what_nobody_could_read_is_an_error(tmp_path, use_protobuf, lose):
    folder = tmp_path / "above" / "run"
    logger = Logger(folder, use_protobuf)
    logger.add_scalar("a", 1)
    logger.flush()
    lose(folder)
    logger.add_scalar("a", 2)
    with pytest.raises(LogWriteError, match=r"removed or replaced while it was being logged to; make its folder again"):
        logger.flush()
    try:
        logger.close()
    except LogWriteError:
        assert not (folder / ".pyexp").exists() or lose is replace_by_a_copy
    else:  # the folder was there: a new file was made in it
        assert LogReader(folder).load_scalars("a")[-1] == (1, 2.0)


@both_formats
def test_a_folder_that_is_made_again_is_logged_to_again(tmp_path, use_protobuf):
    folder = tmp_path / "run"
    with Logger(folder, use_protobuf) as logger:
        logger.set_global_it(7)
        logger.add_scalar("a", 1)
        logger.flush()
        shutil.rmtree(folder)
        logger.add_scalar("a", 2)
        with pytest.raises(LogWriteError, match="removed"):
            logger.flush()
        folder.mkdir()
        logger.add_scalar("a", 3)
        logger.add_checkpoint("model", [3])
        logger.flush()
    reader = LogReader(folder)
    assert reader.is_run
    assert reader.load_scalars("a") == [(7, 2.0), (7, 3.0)]
    assert reader.load_checkpoint("model", 7) == [3]
    assert len(reader.attempts) == 1
    assert reader.damage == 0


@both_formats
def test_it_is_reported_once(tmp_path, use_protobuf):
    logger = Logger(tmp_path / "run", use_protobuf)
    shutil.rmtree(tmp_path / "run")
    logger.add_scalar("a", 1)
    with pytest.raises(LogWriteError):
        logger.flush()
    for number in range(1000):
        logger.add_scalar("a", number)
    with pytest.raises(LogWriteError, match="No such file"):
        logger.close()
    logger.close()


@both_formats
def test_the_log_of_another_in_its_place_stays_the_others(tmp_path, use_protobuf):
    folder = tmp_path / "run"
    logger = Logger(folder, use_protobuf)
    shutil.rmtree(folder)
    with Logger(folder, use_protobuf) as other:
        other.add_scalar("other", 1)
    logger.add_scalar("a", 1)
    with pytest.raises(LogWriteError, match="removed or replaced"):
        logger.flush()
    with pytest.raises(LogWriteError, match="another log took the place"):
        logger.flush()
    with pytest.raises(LogError):
        logger.close()
    assert LogReader(folder).scalar_tags == {"other"}


def rename_it(folder):
    return folder.rename(folder.with_name("renamed"))


def rename_what_is_above(folder):
    return folder.parent.rename(folder.parent.with_name("elsewhere")) / folder.name


def move_it_below_another(folder):
    below = folder.parent / "archive" / "2026"
    below.mkdir(parents=True)
    return folder.rename(below / "ümläut 🙂")


def leave_a_link_behind(folder):
    renamed = folder.rename(folder.with_name("scratch"))
    folder.symlink_to(renamed)
    return renamed


def rename_it_and_make_another(folder):
    renamed = folder.rename(folder.with_name("first"))
    folder.mkdir()
    return renamed


MOVES = [rename_it, rename_what_is_above, move_it_below_another, leave_a_link_behind, rename_it_and_make_another]


@both_formats
@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_a_renamed_folder_is_followed(tmp_path, use_protobuf, move):
    folder = tmp_path / "above" / "run"
    with Logger(folder, use_protobuf) as logger:
        logger.add_scalar("a", 1)
        logger.flush()
        there = move(folder)
        logger.add_scalar("a", 2)
        logger.add_text("t", "after")
        logger.add_checkpoint("model", {"after": True})
        logger.flush()
        logger.add_scalar("a", 3)
    reader = LogReader(there)
    assert reader.load_scalars("a") == [(0, 1.0), (1, 2.0), (2, 3.0)]
    assert reader.load_text("t") == [(0, "after")]
    assert reader.load_checkpoint("model", 0) == {"after": True}
    assert reader.damage == 0
    assert move is leave_a_link_behind or not folder.exists() or not list(folder.iterdir())


@both_formats
def test_a_removed_scalar_file_hides_nothing_of_what_follows(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        for number in range(10):
            logger.add_scalar("a", number)
    logger = Logger(tmp_path, use_protobuf)  # a second attempt, so that the file has an offset to begin at
    remove_one_file(tmp_path)
    logger.set_global_it(5)
    logger.add_scalar("a", 5)
    with pytest.raises(LogWriteError):
        logger.flush()
    logger.set_global_it(6)
    logger.add_scalar("a", 6)
    logger.close()
    assert LogReader(tmp_path).load_scalars("a") == [(5, 5.0), (6, 6.0)]
