"""The contract that holds for every executor, on Ray: started here, joined by address, through the client, and far away."""

from __future__ import annotations

from pathlib import Path

import pytest
import ray

# The suite itself, with the fixtures below in the place of its own.
from contract.test_endings import *  # noqa: F403
from contract.test_outcomes import *  # noqa: F403
from contract.test_output import *  # noqa: F403
from pyexp import RayExecutor
from pyexp.executors.remote.cluster import Cluster
from support.executors import Case

NEEDS = {"num_cpus": 1, "num_gpus": 0, "resources": {}}
SMALL = {"object_store_memory": 100_000_000}


@pytest.fixture(scope="module", params=["started here", "joined", "through the client", "apart"])
def address(request):
    """The address to give to executors; this process stays connected while the tests of one kind go on."""
    if request.param == "started here":
        address, options = None, SMALL
    else:
        cluster = request.getfixturevalue("apart" if request.param == "apart" else "cluster")
        address, options = cluster.client if request.param == "through the client" else cluster.address, {}
    with pytest.MonkeyPatch.context() as patch:
        # A small project that holds what the runs import.
        patch.chdir(Path(__file__).parents[1])
        connection = Cluster(ray, address, None, options)
        connection.join(4, NEEDS)
    yield address
    connection.leave()


@pytest.fixture(scope="module")
def case(address):
    return Case("ray", lambda: RayExecutor(address), isolates=True)


@pytest.fixture(scope="module")
def isolated(case):
    return case
