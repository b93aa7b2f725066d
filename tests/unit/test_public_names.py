"""What a package loads on first use is imported for type checkers, which do not see its `__getattr__`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pyexp
import pyexp.log
import pyexp.viewer

PACKAGES = [pyexp, pyexp.log, pyexp.viewer]


def visible_names(tree: ast.Module) -> set[str]:
    """The names that a module defines or imports, but for what it hides from type checkers."""
    names: set[str] = set()
    for node in tree.body:
        inner = node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else [node]
        for statement in inner:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                names |= {alias.asname or alias.name for alias in statement.names}
            elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                names.add(statement.name)
    return names


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_type_checkers_see_every_public_name_and_no_other(package):
    names = visible_names(ast.parse(Path(package.__file__).read_text("utf-8")))
    assert set(package.__all__) - names == set()
    assert "__getattr__" not in names


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_is_there(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nothing'"):
        _ = package.nothing
