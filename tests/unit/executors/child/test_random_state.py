"""Random numbers of forked runs: fresh where nobody seeded, the script's where somebody did."""

# ruff: noqa: NPY002 — NumPy's global generator is what this is about

from __future__ import annotations

import os
import random
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from pyexp import _random_recorder, seed_everything
from pyexp.errors import SettingsError
from pyexp.executors.child.random_state import keep_random_state, settle_random_state
from support.experiments import run_all

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

FORKS = pytest.mark.parametrize("executor", ["fork", "forkserver"])
REPLICATES = [{"replicate": x} for x in range(3)]


class AtTheTop:
    """Calls a function where the script's code is made ready: stands for what its top does."""

    def __init__(self, function, *args) -> None:
        self.call = (function, args)

    def __reduce__(self):
        return self.call


@pytest.fixture(autouse=True)
def _as_it_was():
    python, numpy = random.getstate(), np.random.get_state()
    generator, is_seeded = np.random.get_bit_generator(), _random_recorder.is_seeded()
    yield
    np.random.set_bit_generator(generator)
    np.random.set_state(numpy)
    random.setstate(python)
    _random_recorder._is_seeded = is_seeded


@pytest.fixture
def unseeded():
    random.seed()
    np.random.set_bit_generator(np.random.MT19937())


def draw_with(top):
    def draw(config):
        assert top is None or isinstance(top, AtTheTop)
        return random.random(), float(np.random.random())

    return draw


def drawn(executor, output_dir, seed=None):
    """What three replicates draw when the script's top calls *seed*."""
    if executor == "fork" and seed is not None:
        seed()
    top = None if seed is None else AtTheTop(seed)
    results = run_all(draw_with(top), REPLICATES, output_dir, executor=executor, jobs=1)
    return [r.result for r in results]


def differ(values):
    return len(set(values)) == len(values)


@FORKS
@pytest.mark.usefixtures("unseeded")
@pytest.mark.slow
def test_replicates_of_an_unseeded_script_differ(executor, tmp_path):
    def draw():
        random.random()
        np.random.random()

    python, numpy = zip(*drawn(executor, tmp_path, draw), strict=True)

    assert differ(python)
    assert differ(numpy)


def seed_both():
    random.seed(0)
    np.random.seed(0)


def seed_everywhere():
    np.random.random()  # loaded, as by a script that imports it
    seed_everything(0)


def seed_with_a_sequence():
    random.seed("text")
    np.random.seed([1, 2])


def restore_states():
    random.setstate(random.Random(5).getstate())
    np.random.set_state(np.random.RandomState(5).get_state())
    np.random.seed(5)


def take_another_kind():
    random.seed(0)
    np.random.set_bit_generator(np.random.PCG64(5))


@FORKS
@pytest.mark.usefixtures("unseeded")
@pytest.mark.parametrize("seed", [seed_both, seed_everywhere, seed_with_a_sequence, restore_states, take_another_kind])
@pytest.mark.slow
def test_seeded_script_stays_seeded(executor, tmp_path, seed):
    found = drawn(executor, tmp_path, seed)

    seed()
    assert found == [(random.random(), float(np.random.random()))] * 3


@FORKS
@pytest.mark.usefixtures("unseeded")
@pytest.mark.slow
def test_seed_of_nothing_is_none_for_python(executor, tmp_path):
    def seed():
        random.seed(0)
        random.seed()

    assert differ([python for python, _ in drawn(executor, tmp_path, seed)])


@pytest.mark.usefixtures("unseeded")
def test_fresh_state_is_known_as_fresh_by_the_next_fork():
    settle_random_state(keep_random_state())
    before = np.random.get_state()[1].tolist()

    settle_random_state(keep_random_state())

    assert np.random.get_state()[1].tolist() != before


@pytest.mark.usefixtures("unseeded")
def test_normal_number_that_waits_does_not_come_twice():
    np.random.standard_normal()
    waiting = np.random.get_state()[3]

    settle_random_state(None)

    assert (waiting, np.random.get_state()[3]) == (1, 0)


@pytest.mark.parametrize(("seed", "is_fresh"), [(0, False), (2**32 - 1, False), (2**32, True), (2**63, True)])
def test_torch_is_seeded_below_two_to_the_32(monkeypatch, seed, is_fresh):
    seeded = []
    torch = SimpleNamespace(
        initial_seed=lambda: seed, default_generator=SimpleNamespace(seed=lambda: seeded.append(True))
    )
    monkeypatch.setitem(sys.modules, "torch", torch)

    settle_random_state(None)

    assert seeded == [True] * is_fresh


def test_what_is_not_loaded_is_not_imported(monkeypatch):
    for name in ("numpy", "numpy.random", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    settle_random_state(None)

    assert "numpy.random" not in sys.modules


@pytest.mark.parametrize("other", [None, ModuleType("a file of the user's")], ids=["blocked", "namesake"])
def test_what_only_has_the_name_of_a_library_is_left_alone(monkeypatch, other):
    for name in ("numpy.random", "torch", "jax.random"):
        monkeypatch.setitem(sys.modules, name, other)

    settle_random_state(None)

    assert seed_everything(0) is None


def test_seed_everything_seeds_what_is_loaded(monkeypatch):
    seeds = []
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(manual_seed=seeds.append))
    monkeypatch.setitem(sys.modules, "jax.random", SimpleNamespace(key=lambda seed: ("key", seed)))

    key = seed_everything(np.int64(7))

    assert (key, seeds) == (("key", 7), [7])
    assert random.random() == random.Random(7).random()
    assert np.random.random() == np.random.RandomState(7).random_sample()


def test_seed_everything_returns_nothing_without_jax(monkeypatch):
    monkeypatch.delitem(sys.modules, "jax.random", raising=False)

    assert seed_everything(0) is None


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, None, "0"])
def test_what_is_not_a_seed_is_refused(seed):
    before = random.getstate()

    with pytest.raises(SettingsError, match=r"a seed is an integer from 0 to 4294967295"):
        seed_everything(seed)

    assert random.getstate() == before
