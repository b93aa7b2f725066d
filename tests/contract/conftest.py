"""The executor under test, and marks by which its runs' processes are found."""

from __future__ import annotations

import pytest

from support.executors import CASES, ISOLATED, Case
from support.processes import is_alive
from support.waiting import wait_until


# Of the module, so that what one batch shows is asserted by many tests.
@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture(scope="module", params=ISOLATED)
def isolated(request: pytest.FixtureRequest) -> Case:
    return request.param


class Pids:
    """The processes that a run announced in a file."""

    def __init__(self, path) -> None:
        self.path = path

    def of(self, way: str) -> Pids:
        """Those of one of several runs."""
        return Pids(self.path.with_name(f"{self.path.name}-{way}"))

    def all(self) -> list[int]:
        return [int(line) for line in self.path.read_text().split()] if self.path.exists() else []

    def living(self) -> list[int]:
        return [pid for pid in self.all() if is_alive(pid)]

    def wait_for(self, count: int) -> list[int]:
        return wait_until(lambda: len(found := self.all()) >= count and found, what=f"{count} announced processes")


@pytest.fixture
def pids(tmp_path) -> Pids:
    return Pids(tmp_path / "pids")
