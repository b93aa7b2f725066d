import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pyexp import log


@pytest.mark.parametrize("name", log._HOMES)
def test_each_name_is_where_the_table_says(name):
    assert getattr(log, name) is not None


def test_types_are_declared_for_each_name():
    tree = ast.parse(Path(log.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {
        alias.name: statement.module.removeprefix("pyexp.log.") for statement in block.body for alias in statement.names
    }
    assert declared == log._HOMES
    assert set(log.__all__) <= set(log._HOMES)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match=r"module 'pyexp\.log' has no attribute 'nothing'"):
        _ = log.nothing


def test_importing_the_door_imports_no_room_behind_it():
    program = "import sys, pyexp.log; print([name for name in sys.modules if name.startswith('pyexp.log.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
