"""pyexp's own modules as texts and syntax trees, each read, parsed and walked once per process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pyexp

SOURCE = Path(pyexp.__file__).parent


@cache
def modules() -> dict[str, Path]:
    """Files of all modules but generated ones, by their paths in the package."""
    return {
        path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py")) if "_pb" not in path.parts
    }


@cache
def texts() -> dict[str, str]:
    """Sources of all modules."""
    return {name: path.read_text("utf-8") for name, path in modules().items()}


@cache
def trees() -> dict[str, ast.Module]:
    """Syntax trees of all modules."""
    return {name: parse(text) for name, text in texts().items()}


@cache
def parse(source: str) -> ast.Module:
    """Parse a module; the same source is the same tree."""
    return ast.parse(source)


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a tree."""
    return tuple(ast.walk(tree))
