"""The power goes at any moment: the batch opens, and continues."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.scripts import SOURCE

TESTS = str(Path(__file__).parents[1])
CODE = "import sys; from pathlib import Path; from support.power_cut import main; main(Path(sys.argv[1]), sys.argv[2])"


@pytest.mark.parametrize("phase", ["fresh", "continue"])
def test_r03_power_cut(tmp_path, phase):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path), phase],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([SOURCE, TESTS])},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    cuts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(cuts) > 20
    assert not cuts[-1]["cut"]
    for cut in cuts:
        assert cut["after"] == [0, 10], cut
        if cut["batches"]:
            assert cut["statuses"] == cut["listed"] == ["passed", "passed"], cut
            assert cut["errors"] == [None, None], cut
            assert not {f"config{x}" for x in cut["again"]} & set(cut["before"]), cut
