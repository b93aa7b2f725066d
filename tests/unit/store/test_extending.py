from __future__ import annotations

import random

import pytest

from pyexp import sweep
from pyexp.store.batch import Batch
from pyexp.store.batches.extending import apply_extension, plan_extension
from pyexp.sweeps.identity import prepare_configs
from pyexp.tensor.absent import HOLE


def batch_of(configs, tmp_path):
    batch, claim = Batch.create(tmp_path / "exp", prepare_configs(configs), {})
    claim.release()
    return batch


def extend(batch, configs):
    names = [record.name for record in batch.records()]
    extension = plan_extension(batch, names, prepare_configs(configs))
    return apply_extension(batch, extension), extension


def names(batch):
    return [record.name for record in Batch.open(batch.paths.root).records()]


def grid(lrs, widths, seeds=None):
    axes = {"lr": lrs, "width": widths} | ({"seed": seeds} if seeds is not None else {})
    return sweep([{"name": "exp"}], axes)


def test_a_list_gets_longer_and_what_is_there_keeps_name_and_folder(tmp_path):
    batch = batch_of([{"x": 1}, {"x": 2}], tmp_path)
    extended, extension = extend(batch, [{"x": 0}, {"x": 1}, {"x": 2}, {"x": 3}])
    assert names(extended) == ["config0", "config1", "config2", "config3"]
    assert extended.folders[:2] == batch.folders
    assert [config.x for _, config in extension.added] == [0, 3]
    assert Batch.open(batch.paths.root).axes == {"axis0": ["config0", "config1", "config2", "config3"]}


def test_nothing_new_changes_nothing(tmp_path):
    batch = batch_of(grid([1, 2], [8]), tmp_path)
    before = batch.paths.runs.read_bytes()
    _, extension = extend(batch, grid([1, 2], [8]))
    assert (extension.added, extension.left) == ((), ())
    assert batch.paths.runs.read_bytes() == before


def test_a_grid_grows_along_its_axes(tmp_path):
    batch = batch_of(grid([1, 2, 3], [8, 16, 32], [0]), tmp_path)
    extended, extension = extend(batch, grid([1, 2, 3, 4], [8, 16, 32], range(5)))
    assert len(extension.added) == 51
    assert extended.shape == (1, 4, 3, 5)
    assert HOLE not in extended.cells
    opened = Batch.open(batch.paths.root)
    for at, folder in enumerate(opened.cells):
        config = opened.load_config(folder)
        assert (config.lr, config.width, config.seed) == (at // 15 + 1, [8, 16, 32][at // 5 % 3], at % 5)


@pytest.mark.slow
def test_runs_without_an_axis_lie_at_none(tmp_path):
    batch = batch_of(grid([1, 2, 3], [8, 16, 32]), tmp_path)
    extended, extension = extend(batch, grid([1, 2, 3], [8, 16, 32], range(5)))
    assert (len(extension.added), len(extension.left)) == (45, 9)
    assert extended.axes["seed"] == [0, 1, 2, 3, 4, None]
    assert HOLE not in extended.cells
    assert list(extended.cells[5::6]) == batch.folders
    again, extension = extend(Batch.open(batch.paths.root), grid([1, 2, 3], [8, 16, 32], range(6)))
    assert (len(extension.added), again.axes["seed"]) == (9, [0, 1, 2, 3, 4, None, 5])


def test_runs_that_the_configs_do_not_have_any_more_stay_and_are_named(tmp_path):
    batch = batch_of(grid([1, 2], [8]), tmp_path)
    extended, extension = extend(batch, grid([2, 3], [8]))
    assert extension.left == ("exp_lr=1_width=8",)
    assert extended.axes["lr"] == [1, 2, 3]
    assert names(extended) == ["exp_lr=1_width=8", "exp_lr=2_width=8", "exp_lr=3_width=8"]


def test_replicates_are_told_apart_by_name(tmp_path):
    batch = batch_of([{"name": "a", "x": 1}, {"name": "b", "x": 1}], tmp_path)
    _, extension = extend(batch, [{"name": name, "x": 1} for name in "abc"])
    assert [config.name for _, config in extension.added] == ["c"]
    assert extension.left == ()


def test_a_run_under_another_name_is_the_same_run(tmp_path):
    batch = batch_of([{"name": "a", "x": 1}], tmp_path)
    extended, extension = extend(batch, [{"name": "renamed", "x": 1}])
    assert (extension.added, names(extended)) == ((), ["a"])


def test_another_value_at_the_same_place_gets_a_place_beside(tmp_path):
    batch = batch_of(sweep([{"name": "exp", "epochs": 1}], {"lr": [1, 2]}), tmp_path)
    extended, extension = extend(batch, sweep([{"name": "exp", "epochs": 5}], {"lr": [1, 2]}))
    assert (len(extension.added), len(extension.left)) == (2, 2)
    assert (extended.shape, extended.axes["axis0"]) == ((2, 2), ["exp", "exp_2"])
    assert sorted(extended.cells) == sorted([*batch.folders, *(folder for folder, _ in extension.added)])


def test_folders_that_a_system_may_take_for_one_get_a_number(tmp_path):
    batch = batch_of([{"name": "a", "x": 1}], tmp_path)
    _, extension = extend(batch, [{"name": "a", "x": 1}, {"name": "A", "x": 1}])
    assert [folder for folder, _ in extension.added] == [f"A{batch.folders[0][1:]}~2"]


def test_a_position_name_of_a_sweep_gets_the_next_free_number(tmp_path):
    batch = batch_of(sweep([{"w": 1}, {"w": 2}], {"lr": [1]}), tmp_path)
    extended, _ = extend(batch, sweep([{"w": 0}, {"w": 1}, {"w": 2}], {"lr": [1]}))
    assert sorted(names(extended)) == ["config0_lr=1", "config1_lr=1", "config2_lr=1"]


def test_a_start_that_was_killed_before_the_runs_were_named_leaves_the_batch_as_it_was(tmp_path):
    batch = batch_of([{"x": 1}], tmp_path)
    names_before = [record.name for record in batch.records()]
    extension = plan_extension(batch, names_before, prepare_configs([{"x": 1}, {"x": 2}]))
    batch.run(extension.added[0][0]).root.mkdir()  # all that it came to
    assert names(batch) == names_before
    apply_extension(batch, extension)
    assert names(batch) == ["config0", "config1"]


@pytest.mark.parametrize("seed", range(20))
def test_any_growth_keeps_every_run_and_has_every_config(tmp_path, seed):
    chance = random.Random(seed)

    def some(values):
        return chance.sample(values, chance.randint(1, len(values)))

    batch = batch_of(sweep([{}], {"lr": some([1, 2, 3]), "width": some([8, 16])}), tmp_path)
    for _ in range(4):
        axes = {key: some(values) for key, values in (("seed", [0, 1, 2]), ("lr", [1, 2, 3]), ("width", [8, 16]))}
        chosen = dict(chance.sample(list(axes.items()), chance.randint(1, 3)))
        configs = prepare_configs(sweep([{}], chosen))
        before = list(batch.folders)
        extended, _ = extend(batch, configs)
        batch = Batch.open(batch.paths.root)
        assert batch.cells == list(extended.cells)
        assert set(before) <= set(batch.folders)
        assert len(set(batch.folders)) == len(batch.folders)
        held = {tuple(sorted((k, v) for k, v in batch.load_config(f).items() if k in axes)) for f in batch.folders}
        assert {tuple(sorted((k, v) for k, v in config.items() if k in axes)) for config in configs} <= held


def test_the_index_is_not_read_again_and_is_as_it_would_be_read(tmp_path, monkeypatch):
    batch = batch_of([{"x": 1}, {"x": 2}], tmp_path)
    extension = plan_extension(
        batch, [record.name for record in batch.records()], prepare_configs([{"x": 2}, {"x": 3}])
    )
    with monkeypatch.context() as patch:
        patch.setattr("pyexp.store.batch.load_index", lambda _: pytest.fail("read"))
        known = apply_extension(batch, extension).noted()
    assert known == Batch.open(batch.paths.root).noted()
    assert len(known) == 3
