from __future__ import annotations

import pytest

pytest.importorskip("aiohttp", reason='the viewer needs its extra: pip install "pyexp[viewer]"')
pytest.importorskip("watchfiles", reason='the viewer needs its extra: pip install "pyexp[viewer]"')


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
