"""Clusters to run on, each started once; every test here needs Ray."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from clusters.heads import RealCluster, can_hide, head
from contract.conftest import Pids

if find_spec("ray") is None:
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.ray)
    items[:] = [item for item in items if here not in item.path.parents or _has_its_place(item)]


def _has_its_place(item) -> bool:
    """Whether the cluster of a test is one for it: what needs a folder that all share is "joined", all else "apart"."""
    kind = item.callspec.params.get("address") if hasattr(item, "callspec") else None
    needs_shared = "pids" in item.fixturenames or item.originalname == "test_run_has_its_own_copy_of_the_config"
    return kind != ("apart" if needs_shared else "joined")


@pytest.fixture(scope="session")
def cluster():
    with head("--num-cpus=4") as started:
        yield started


@pytest.fixture(scope="session")
def apart(tmp_path_factory) -> RealCluster:
    """A cluster that does not see the folders that the tests write to."""
    if not can_hide():
        pytest.skip("needs the right to unshare mounts")
    with head("--num-cpus=4", hidden=[tmp_path_factory.getbasetemp()]) as started:
        yield started


@pytest.fixture
def pids(tmp_path) -> Pids:
    return Pids(tmp_path / "pids")
