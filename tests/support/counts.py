"""Small counts in the ordinary run, the full ones of the reliability table under ``-m stress``."""

from __future__ import annotations

from typing import Any

import pytest

_LONG_S = 3600


def counts(names: str | tuple[str, ...], ordinary: Any, full: Any) -> pytest.MarkDecorator:
    """Parametrise a test by *names*: *ordinary*, and *full* when the stress tests are asked for."""
    values = full if isinstance(names, tuple) else (full,)
    marks = [pytest.mark.stress, pytest.mark.timeout(_LONG_S)]
    return pytest.mark.parametrize(names, [ordinary, pytest.param(*values, marks=marks)])
