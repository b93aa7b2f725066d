"""Whether the user seeded `random` is seen from ``import pyexp`` on, in whichever order things are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

SEEDED = [
    "import random, pyexp; random.seed(0)",
    "import pyexp, random; random.seed(0)",
    "import pyexp; from random import seed; seed(0)",
    "import pyexp, random; random.seed('text')",
    "import pyexp, random; random.seed(a=1.5, version=2)",
    "import pyexp, random; random.setstate(random.getstate())",
    "import pyexp, random; random.seed(); random.seed(1)",
    "import pyexp, numpy, random; random.seed(0)",
    "import pyexp, importlib; importlib.import_module('random').seed(0)",
    "import pyexp, threading, random; t = threading.Thread(target=random.seed, args=(1,)); t.start(); t.join()",
]
UNSEEDED = [
    "import pyexp",
    "import random, pyexp; random.random()",
    "import pyexp, random; random.shuffle([1, 2])",
    "import pyexp, random; random.seed()",
    "import pyexp, random; random.seed(None)",
    "import pyexp, random; random.seed(0); random.seed()",
    "import pyexp, random; random.Random(0).seed(1)",
]


# Site packages may import `random` when Python starts: each program puts them on the path itself, once it has begun.
PATH = f"import sys; sys.path[:] = {sys.path!r}; "


def run(code: str) -> str:
    program = [sys.executable, "-S", "-c", PATH + code]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("code", SEEDED)
def test_seeding_is_seen(code):
    assert run(f"{code}; from pyexp import _random_recorder; print(_random_recorder.is_seeded())") == "True"


@pytest.mark.parametrize("code", UNSEEDED)
def test_drawing_is_no_seeding(code):
    assert run(f"{code}; from pyexp import _random_recorder; print(_random_recorder.is_seeded())") == "False"


@pytest.mark.parametrize("imports", ["import random, pyexp", "import pyexp, random"])
@pytest.mark.slow
def test_module_is_what_it_was(imports):
    code = f"""{imports}
import inspect, pickle
random.seed(0)
print(round(random.random(), 4), pickle.loads(pickle.dumps(random.seed)) is random.seed, random.seed.__name__)
print(type(random.__loader__).__module__.startswith("pyexp"), type(random.__spec__.loader).__module__.startswith("pyexp"))
print([type(finder).__module__ for finder in sys.meta_path if type(finder).__module__.startswith("pyexp")])
print("class Random" in inspect.getsource(random))
"""

    assert run(code).splitlines() == ["0.8444 True seed", "False False", "[]", "True"]


def test_importing_pyexp_does_not_import_random():
    assert run("import pyexp; print('random' in sys.modules)") == "False"
