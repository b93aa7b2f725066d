from __future__ import annotations

import asyncio
import inspect

from pyexp import Logger
from pyexp.log.silent import SilentLogger


def test_every_method_of_a_logger_is_there_and_writes_nothing(tmp_path):
    logger = SilentLogger(tmp_path / "run")
    for name, method in inspect.getmembers(Logger, inspect.isfunction):
        if name.startswith("_") or name == "aflush":
            continue
        assert getattr(SilentLogger, name) is not method, name
        getattr(logger, name)(*[None] * (len(inspect.signature(method).parameters) - 1))
    asyncio.run(logger.aflush())
    with logger as same:
        assert same is logger
    assert logger.path == tmp_path / "run"
    assert list(tmp_path.iterdir()) == []
