"""What holds for all tests: nothing is kept in the home of who runs them, and programs can be interrupted."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure() -> None:
    """Hear the signals that a shell has its background jobs ignore: what a test starts would ignore them, too."""
    for name, heard in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)


def pytest_collection_finish() -> None:
    """Freeze what all tests share: each full garbage collection would go through modules and tests for 0.3 s."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a program remembers between its starts goes to a folder of this session."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before
