from __future__ import annotations

import hashlib
import pickle
import threading

import pytest

from pyexp.errors import DamagedFileError, UnpicklableError
from pyexp.store.outcomes import check_result, digest_of, load_result, save_result, set_aside


@pytest.fixture
def path(tmp_path):
    return tmp_path / "result.pkl"


class Reluctant:
    def __reduce__(self):
        raise RuntimeError("leave me alone")


def test_reads_back_what_was_saved(path):
    digest = save_result(path, {"a": [1, 2.5, None]})

    assert load_result(path, digest) == {"a": [1, 2.5, None]}
    assert digest == digest_of(path) == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def test_plain_data_is_a_plain_pickle(path):
    save_result(path, {"a": 1})

    assert pickle.loads(path.read_bytes()) == {"a": 1}


def test_local_class_goes_by_value(path):
    class Local:
        x = 3

    digest = save_result(path, Local())

    assert load_result(path, digest).x == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (threading.Lock(), "result is a lock"),
        ({"a": [0, threading.Lock()]}, r"result\['a'\]\[1\] is a lock"),
        ([Reluctant()], r"result\[0\] is a Reluctant \(RuntimeError: leave me alone\)"),
    ],
)
def test_culprit_is_named_and_nothing_left(path, value, words):
    with pytest.raises(UnpicklableError, match=words):
        save_result(path, value)

    assert list(path.parent.iterdir()) == []


def test_alteration_is_found_by_the_digest(path):
    digest = save_result(path, [1, 2, 3])
    path.write_bytes(pickle.dumps([1, 2, 4]))

    assert not check_result(path, digest)
    with pytest.raises(DamagedFileError, match="altered or cut"):
        load_result(path, digest)


@pytest.mark.slow
def test_truncation_is_found_without_a_digest(path):
    save_result(path, list(range(100)))
    whole = path.read_bytes()

    assert check_result(path, None)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert not check_result(path, None)


def test_pickle_whose_class_is_gone_is_whole_all_the_same(path):
    path.write_bytes(b"cgone_module\nThing\n.")

    assert check_result(path, None)
    with pytest.raises(DamagedFileError, match="ModuleNotFoundError"):
        load_result(path, None)


def test_link_is_not_followed(path, tmp_path):
    outside = tmp_path / "outside.pkl"
    digest = save_result(outside, 1)
    path.symlink_to(outside)

    assert not check_result(path, digest)
    with pytest.raises(OSError, match=r"result\.pkl"):
        load_result(path, digest)


def test_folder_in_place_of_a_result_is_none(path):
    path.mkdir()

    assert not check_result(path, None)


def test_set_aside(path, tmp_path):
    save_result(path, 1)

    set_aside(path, tmp_path / "result.pkl.corrupt")

    assert [entry.name for entry in tmp_path.iterdir()] == ["result.pkl.corrupt"]


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 40, 1 << 16, 1 << 18])
def test_the_digest_is_sha256_at_every_size(path, size):
    digest = save_result(path, b"x" * size)

    assert digest == digest_of(path) == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
