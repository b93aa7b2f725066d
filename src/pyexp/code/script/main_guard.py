"""The guards of a script, ``if __name__ == "__main__":`` in all its forms: found in the syntax tree and taken out.

Pure: from a tree to a tree. Knows nothing of modules, files and processes.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from types import CodeType

_MAIN = "__main__"
_CO_NEWLOCALS = 2  # set for functions, not for class bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """A script without its guarded parts.

    Attributes:
        tree: The rest, each statement at its line.
        guards: First and last line of each guarded part.
        bound: The names that the rest binds, whatever branch is taken; ``"*"`` for those of a star import.
        rebound: The names that the guarded parts, or functions with a ``global`` statement, bind as well.
        altered: The names of whose values the guarded parts set an item or an attribute.
        called: The names of whose values the guarded parts call a method.
    """

    tree: ast.Module
    guards: tuple[tuple[int, int], ...]
    bound: frozenset[str]
    rebound: frozenset[str]
    altered: frozenset[str]
    called: frozenset[str]

    def is_guarded(self, line: int) -> bool:
        """Return whether *line* is in a guarded part."""
        return any(first <= line <= last for first, last in self.guards)


def take_out_guards(tree: ast.Module) -> Top:
    """Remove the guarded parts at the top of *tree*, in place."""
    remover = _Remover(_flags(tree))
    remover.visit(tree)
    rebound = set().union(*map(bound_names, remover.removed))
    for node in [tree, *remover.removed]:
        rebound |= {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
    return Top(
        tree=tree,
        guards=tuple((node.lineno, node.end_lineno or node.lineno) for node in remover.removed),
        bound=frozenset(bound_names(tree)),
        rebound=frozenset(rebound),
        altered=frozenset().union(*map(_altered, remover.removed)),
        called=frozenset().union(*map(_called, remover.removed)),
    )


def parse(source: bytes, file: str) -> ast.Module:
    """Parse the source of a script, without the warnings that Python has shown already.

    Raises:
        SyntaxError: It is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source, file)


def compile_tree(tree: ast.Module, file: str) -> CodeType:
    """Compile *tree*, without warnings and without the `__future__` of this module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: CodeType = compile(tree, file, "exec", dont_inherit=True)
    return code


def bound_names(node: ast.AST) -> set[str]:
    """Return the names that *node* binds in its own scope; ``"*"`` when a star import may bind any."""
    collector = _Collector()
    collector.visit(node)
    return collector.names


def defined_code(code: CodeType) -> frozenset[CodeType]:
    """Return the code of the functions and lambdas at the top of the module *code*, or in its classes."""
    found: set[CodeType] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.add(constant)
            is_class_body = not constant.co_flags & _CO_NEWLOCALS
            if is_class_body or constant.co_name.startswith("<generic parameters"):
                found |= defined_code(constant)
    return frozenset(found)


def is_main(test: ast.expr, flags: frozenset[str] = frozenset()) -> bool | None:
    """Return what *test* checks: True for "is this the script", False for the opposite, None for anything else.

    Args:
        test: The condition.
        flags: Variables that hold the answer to the first question.
    """
    match test:
        case ast.Name(id=name):
            return True if name in flags else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            answer = is_main(operand, flags)
            return None if answer is None else not answer
        case ast.BoolOp(op=ast.And(), values=values):
            return True if any(is_main(value, flags) is True for value in values) else None
        case ast.BoolOp(op=ast.Or(), values=values):
            return False if any(is_main(value, flags) is False for value in values) else None
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compares(left, operator, right)
    return None


def _compares(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
    if isinstance(operator, (ast.Eq, ast.NotEq)):
        if any(map(_is_name, (left, right))) and any(map(_is_constant, (left, right))):
            return isinstance(operator, ast.Eq)
    elif (
        isinstance(operator, (ast.In, ast.NotIn))
        and _is_name(left)
        and isinstance(right, (ast.Tuple, ast.List, ast.Set))
        and any(map(_is_constant, right.elts))
    ):
        return isinstance(operator, ast.In)
    return None


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == _MAIN


def _altered(node: ast.AST) -> set[str]:
    places = (part for part in ast.walk(node) if isinstance(part, (ast.Subscript, ast.Attribute)))
    return {_first_name(place) for place in places if not isinstance(place.ctx, ast.Load)}


def _called(node: ast.AST) -> set[str]:
    calls = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
    return {_first_name(function) for function in calls if isinstance(function, ast.Attribute)}


def _first_name(place: ast.expr) -> str:
    """Return the name that *place*, such as ``name.x[0]``, starts from; nothing if that is another expression."""
    while isinstance(place, (ast.Subscript, ast.Attribute)):
        place = place.value
    return place.id if isinstance(place, ast.Name) else ""


def _flags(tree: ast.Module) -> frozenset[str]:
    """Return the variables of the top such as ``is_script = __name__ == "__main__"``."""
    return frozenset(
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and is_main(node.value) is True
        for target in node.targets
        if isinstance(target, ast.Name)
    )


class _TopVisitor(ast.NodeTransformer):
    """A visitor of what a module executes itself, not of the bodies of its functions and classes."""

    def _stay_out(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _stay_out  # noqa: N815 — ast's names


class _Remover(_TopVisitor):
    def __init__(self, flags: frozenset[str]) -> None:
        self._flags = flags
        self.removed: list[ast.stmt] = []

    def visit_If(self, node: ast.If) -> ast.AST:
        answer = is_main(node.test, self._flags)
        if answer is True or (answer is False and node.orelse):
            return self._without(node, self._rest(node, answer))
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.IfExp(test=test) if is_main(test, self._flags) is not None:
                return self._without(node)
            case ast.BoolOp(op=ast.And(), values=[*tests, _]) if any(is_main(t, self._flags) for t in tests):
                return self._without(node)
            case ast.BoolOp(op=ast.Or(), values=[*tests, _]) if any(is_main(t, self._flags) is False for t in tests):
                return self._without(node)
        return node

    def visit_Match(self, node: ast.Match) -> ast.AST:
        if _is_name(node.subject):
            for case in node.cases:
                if isinstance(case.pattern, ast.MatchValue) and _is_constant(case.pattern.value):
                    return self._without(node)
        return self.generic_visit(node)

    def _rest(self, node: ast.If, answer: bool) -> ast.stmt | None:
        """Return what the script executes of *node* besides its guarded part.

        Where the guard is one part of a condition, the other branch is taken when the other parts say so.
        """
        other = node.orelse if answer else node.body
        if not other or not isinstance(node.test, ast.BoolOp):
            return None
        parts = [part for part in node.test.values if is_main(part, self._flags) is None]
        if not parts:
            return None
        condition: ast.expr = parts[0] if len(parts) == 1 else ast.BoolOp(op=node.test.op, values=parts)
        if answer:
            condition = ast.UnaryOp(op=ast.Not(), operand=condition)
        return ast.If(test=condition, body=other, orelse=[])

    def _without(self, node: ast.stmt, rest: ast.stmt | None = None) -> ast.AST:
        self.removed.append(node)
        return ast.fix_missing_locations(ast.copy_location(rest or ast.Pass(), node))


class _Collector(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names.add(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Skip the body of a lambda: it binds nothing here."""

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names.update(
            alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)
            for alias in node.names
        )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.visit_Import(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.generic_visit(node)  # its own name is unbound again at its end

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._bind(node.rest)
        self.generic_visit(node)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """Bind the name of ``type X = …`` (Python 3.12)."""
        self.visit(node.name)  # type: ignore[attr-defined]

    def _bind(self, name: str | None) -> None:
        if name is not None:
            self.names.add(name)
