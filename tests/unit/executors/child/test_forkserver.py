"""The process that runs are forked from has loaded what each of them would load for itself."""

from __future__ import annotations

import os

import pytest

from support.experiments import run_all


def watch_imports():
    import os
    import sys

    server = os.getpid()

    def tell(event, args):
        if event == "import" and os.getpid() != server:
            print("imported", args[0])

    sys.addaudithook(tell)


class AtTheTop:
    """Has the server's children tell which modules they import."""

    def __reduce__(self):
        return watch_imports, ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("kind", ["plain", "async", "logging"])
@pytest.mark.slow
def test_run_imports_nothing(tmp_path, kind):
    top = AtTheTop()

    def function(config):
        return top

    async def later(config):
        return top

    def logging(config, logger):
        logger.add_scalar("x", 1.0)
        return top

    functions = {"plain": function, "async": later, "logging": logging}
    results = run_all(functions[kind], [{"x": 0}, {"x": 1}], tmp_path, executor="forkserver", jobs=1)

    assert [(r.status, r.log) for r in results] == [("passed", "")] * 2
