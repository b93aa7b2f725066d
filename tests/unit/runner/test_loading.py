from __future__ import annotations

import pytest

import pyexp


@pytest.mark.parametrize("call", ["arun", "astream"])
def test_a_loop_that_is_not_asyncios_is_told_in_a_sentence(call: str):
    """Under trio no asyncio loop runs, as here, where a coroutine is driven by hand."""
    runner = pyexp.experiment(name="any", stash=False)(lambda config: config)
    coroutine = getattr(runner, call)()
    step = coroutine if call == "arun" else coroutine.asend(None)
    with pytest.raises(pyexp.PyexpError, match=rf"{call}\(\) needs asyncio.* under trio .*to_thread"):
        step.send(None)
