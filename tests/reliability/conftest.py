"""A script per test, and none of its processes left after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def script(tmp_path) -> Iterator[Script]:
    written = Script(tmp_path)
    yield written
    written.end()
