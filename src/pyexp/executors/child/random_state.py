"""The global random number generators of a run's process: fresh where no seed was chosen, kept where one was.

Knows `random`, NumPy, torch and jax, each only where it is loaded already. Knows no executor.
"""

from __future__ import annotations

import operator
import os
import sys
from typing import Any, Final

from pyexp import _random_recorder
from pyexp._loaded import find_loaded
from pyexp.errors import SettingsError

_SEEDS: Final = 2**32
# Length of the state of the Mersenne twister.
_MT_WORDS: Final = 624


def seed_everything(seed: int) -> Any:
    """Seed the global generators of `random`, and of NumPy and torch where they are loaded.

    Generators that the code makes itself (``numpy.random.default_rng()``, ``torch.Generator()``) are not touched, and
    neither are libraries that are imported later.

    Args:
        seed: From 0 to 2³² − 1, what each of the libraries takes.

    Returns:
        ``jax.random.key(seed)`` where jax is loaded, whose functions take a key instead of a global state; else None.

    Raises:
        SettingsError: No such seed.

    Example:
        >>> import random
        >>> seed_everything(0)
        >>> round(random.random(), 4)
        0.8444
    """
    import random

    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < _SEEDS:
        raise SettingsError(f"seed_everything({seed!r}): a seed is an integer from 0 to {_SEEDS - 1}")
    random.seed(number)
    if numpy_random := find_loaded("numpy.random", "seed"):
        numpy_random.seed(number)
    if torch := find_loaded("torch", "manual_seed"):
        torch.manual_seed(number)
    jax_random = find_loaded("jax.random", "key")
    return jax_random.key(number) if jax_random else None


def keep_random_state() -> tuple[Any, ...] | None:
    """Return the state of `random` before a fork, if the user has seeded it: CPython reseeds it in the child anyway."""
    if not _random_recorder.is_seeded():
        return None
    state: tuple[Any, ...] = sys.modules["random"].getstate()
    return state


def settle_random_state(kept: tuple[Any, ...] | None) -> None:
    """Draw numbers of its own for this forked process, except from the generators that the user has seeded.

    Args:
        kept: What `keep_random_state` gave before the fork.
    """
    if kept is not None:
        sys.modules["random"].setstate(kept)
    if numpy_random := find_loaded("numpy.random", "mtrand", "MT19937", "set_state"):
        _settle_numpy(numpy_random)
    if torch := find_loaded("torch", "initial_seed", "default_generator"):
        _settle_torch(torch)


def _settle_numpy(numpy_random: Any) -> None:
    # Once seeded, the generator has no seed sequence any more. Another kind of generator is the user's.
    generator = numpy_random.mtrand._rand._bit_generator
    if type(generator) is numpy_random.MT19937 and generator._seed_seq is not None:
        # Its state alone: the seed sequence stays, by which a fork of this process knows that there is no seed.
        words = sys.modules["numpy"].frombuffer(os.urandom(4 * _MT_WORDS), dtype="uint32")
        numpy_random.set_state(("MT19937", words, _MT_WORDS, 0, 0.0))


def _settle_torch(torch: Any) -> None:
    # A generator without a chosen seed has a random seed of 64 bits; people choose smaller ones.
    if torch.initial_seed() >= _SEEDS:
        torch.default_generator.seed()
