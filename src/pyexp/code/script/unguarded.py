"""What the top of a script without a guard sets that a run does not see, as far as its syntax shows."""

from __future__ import annotations

import ast

_HARMLESS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
    ast.Assert,
    ast.Global,
)
_DECLARING = frozenset({"configs", "report", "run"})


def sets_state(tree: ast.Module, call_line: int | None, runners: frozenset[str]) -> bool:
    """Return whether the top has statements other than imports, definitions, constants and the call of the runs.

    Args:
        tree: The script's.
        call_line: The line that is being executed; what follows it has not happened yet.
        runners: Variables that hold experiments.
    """
    before = [node for node in tree.body if call_line is None or (node.end_lineno or node.lineno) < call_line]
    return any(_is_effect(node, runners) for node in before)


def _is_effect(node: ast.stmt, runners: frozenset[str]) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return not all(map(_is_variable, targets))
        case ast.AnnAssign(target=target):
            return not _is_variable(target)
        case ast.Expr(value=value):
            return not (isinstance(value, ast.Constant) or _is_of_runner(value, runners))
        case ast.If(body=body, orelse=orelse):
            return any(_is_effect(part, runners) for part in [*body, *orelse])
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            parts = [*body, *orelse, *final, *(part for handler in handlers for part in handler.body)]
            return any(_is_effect(part, runners) for part in parts)
    return not (isinstance(node, _HARMLESS) or type(node).__name__ == "TypeAlias")


def _is_of_runner(value: ast.expr, runners: frozenset[str]) -> bool:
    """Return whether *value* declares a part of an experiment, or starts it."""
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
            return name in runners and attribute in _DECLARING
    return False


def _is_variable(target: ast.expr) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(map(_is_variable, target.elts))
    return isinstance(target, (ast.Name, ast.Starred))
