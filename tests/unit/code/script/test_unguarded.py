from __future__ import annotations

import ast

import pytest

from pyexp.code.script.unguarded import sets_state


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "'doc'\nimport a\nfrom b import c\nX = f()\nY: int = 1\na, *b = 1, 2\ndef f(): ...\nclass K: ...\nassert X",
            False,
        ),
        ("exp.configs(g)\nexp.report(g)\nexp.run()", False),
        ("if X:\n    import a\nelse:\n    a = None\ntry:\n    import b\nexcept ImportError:\n    b = None", False),
        ("random.seed(0)", True),
        ("statistics.mean = f", True),
        ("os.environ['A'] = 'b'", True),
        ("X += 1", True),
        ("for i in range(3): pass", True),
        ("if X:\n    random.seed(0)", True),
        ("try:\n    import a\nexcept ImportError:\n    print('no a')", True),
        ("with open('x') as f: pass", True),
        ("other.run()", True),
    ],
)
def test_statements_are_told_apart(source, expected):
    assert sets_state(ast.parse(source), None, frozenset({"exp"})) is expected


def test_what_follows_the_call_has_not_happened():
    tree = ast.parse("import a\nmain()\nrandom.seed(0)")

    assert not sets_state(tree, 2, frozenset())
    assert sets_state(tree, None, frozenset())
