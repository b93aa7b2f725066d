"""F1: whatever becomes of one run's folder, that run fails alone."""

from __future__ import annotations

import os
import shutil

import pytest

from support.experiments import run_all


def remove(out):
    shutil.rmtree(out)


def rename(out):
    out.rename(out.with_name("elsewhere"))


def replace_by_a_file(out):
    shutil.rmtree(out)
    out.write_text("in the way")


def replace_by_a_link(out):
    shutil.rmtree(out)
    out.symlink_to("/")


def put_a_folder_in_the_place_of_the_status(out):
    (out / "status.json").unlink()
    (out / "status.json" / "x").mkdir(parents=True)


def put_a_folder_in_the_place_of_the_result(out):
    (out / "result.pkl" / "x").mkdir(parents=True)


def remove_and_make_again(out):
    shutil.rmtree(out)
    out.mkdir()


FAULTS = [
    remove,
    rename,
    replace_by_a_file,
    replace_by_a_link,
    put_a_folder_in_the_place_of_the_status,
    put_a_folder_in_the_place_of_the_result,
    remove_and_make_again,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("executor", ["inline", "fork", "forkserver", "subprocess"])
def test_f1_a_run_that_harms_its_own_folder_harms_no_other(tmp_path, executor, fault):
    def body(config):
        if config.x == 1:
            fault(config.out)
        return config.x

    results = run_all(body, [{"x": 0}, {"x": 1}, {"x": 2}], tmp_path, executor=executor, jobs=1)
    assert [r.status for r in results][::2] == ["passed", "passed"]
    assert [r.result for r in results][::2] == [0, 2]
    if fault in (remove, rename, replace_by_a_file, replace_by_a_link):
        assert results[1].status == "failed"
        assert "its folder is gone" in results[1].error


@pytest.mark.parametrize("fault", FAULTS[:4], ids=lambda fault: fault.__name__)
def test_f1_a_run_whose_folder_another_one_takes_fails_before_it_starts(tmp_path, fault):
    def body(config):
        if config.x == 0:
            (victim,) = config.out.parent.glob("config1-*")
            fault(victim)
        return config.x

    results = run_all(body, [{"x": 0}, {"x": 1}, {"x": 2}], tmp_path, executor="inline", jobs=1)
    assert [r.status for r in results] == ["passed", "failed", "passed"]
    assert results[1].error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; .ci runs as root in a container")
def test_f1_a_folder_that_cannot_be_written_fails_its_run_alone(tmp_path):
    def body(config):
        if config.x == 1:
            config.out.chmod(0o500)
        return config.x

    results = run_all(body, [{"x": 0}, {"x": 1}, {"x": 2}], tmp_path, executor="inline")
    results[1].out.chmod(0o700)
    assert [r.status for r in results][::2] == ["passed", "passed"]


def test_f1_the_folder_of_the_batch_stays_an_error(tmp_path):
    from pyexp import PyexpError

    def body(config):
        shutil.rmtree(config.out.parent)
        return config.x

    with pytest.raises(PyexpError):
        run_all(body, [{"x": 0}, {"x": 1}], tmp_path, executor="inline")
