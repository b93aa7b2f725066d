from __future__ import annotations

import ast

import pytest

from pyexp.code.script.main_guard import compile_tree, defined_code, take_out_guards

GUARDS = [
    'if __name__ == "__main__":\n    ran.append(1)',
    "if '__main__' == __name__:\n    ran.append(1)",
    'if __name__ == "__main__" and True:\n    ran.append(1)',
    'if not __name__ != "__main__":\n    ran.append(1)',
    'if __name__ != "__main__":\n    pass\nelse:\n    ran.append(1)',
    'if __name__ in {"__main__", "__mp_main__"}:\n    ran.append(1)',
    'if __name__ not in ("__main__",):\n    pass\nelse:\n    ran.append(1)',
    '__name__ == "__main__" and ran.append(1)',
    '__name__ != "__main__" or ran.append(1)',
    'ran.append(1) if __name__ == "__main__" else None',
    'None if __name__ != "__main__" else ran.append(1)',
    'match __name__:\n    case "__main__":\n        ran.append(1)',
    'try:\n    if __name__ == "__main__":\n        ran.append(1)\nfinally:\n    pass',
    'is_script = __name__ == "__main__"\nif is_script:\n    ran.append(1)',
    'if __name__ == "__main__":\n    ran.append(1)\nelse:\n    ran.append(2)',
]
NO_GUARDS = [
    'if __name__ != "main":\n    ran.append(1)',
    'if __name__ == "__main__" or True:\n    ran.append(1)',
    'def f():\n    if __name__ == "__main__":\n        pass\nran.append(1)',
    'if name == "__main__":\n    ran.append(1)',
    'if __name__ != "__main__":\n    raise SystemExit\nran.append(1)',
]


def execute(tree, **names):
    variables = {"__name__": "__main__", "ran": [], "name": "__main__", **names}
    exec(compile_tree(tree, "script.py"), variables)
    return variables["ran"]


@pytest.mark.parametrize("source", GUARDS)
def test_a_guarded_part_is_not_executed(source):
    top = take_out_guards(ast.parse(source))

    assert len(top.guards) == 1
    assert execute(ast.parse(source)) == [1]
    assert execute(top.tree) == []


@pytest.mark.parametrize("source", NO_GUARDS)
def test_what_is_no_guard_stays(source):
    top = take_out_guards(ast.parse(source))

    assert top.guards == ()
    assert execute(top.tree) == [1]


@pytest.mark.parametrize(("fast", "expected"), [(True, []), (False, [2])])
def test_the_other_branch_is_taken_as_in_the_script(fast, expected):
    source = 'if __name__ == "__main__" and fast:\n    ran.append(1)\nelse:\n    ran.append(2)'

    assert execute(take_out_guards(ast.parse(source)).tree, fast=fast) == expected


def test_lines_and_names_are_those_of_the_script():
    source = (
        "import os.path, json as j\nfrom a import b as c\nX: int = 1\ndef f(): y = 1\nclass K: z = 1\n"
        'if __name__ == "__main__":\n    late = 2\n    def f(): ...\n[w := 1, (u, *v)] = 1, (2, 3)\ndef g():\n    global n\n'
    ).replace("[w := 1, (u, *v)] = 1, (2, 3)", "u, *v = 1, 2")
    top = take_out_guards(ast.parse(source))

    assert top.guards == ((6, 8),)
    assert top.is_guarded(7)
    assert not top.is_guarded(9)
    assert top.bound == {"os", "j", "c", "X", "f", "K", "u", "v", "g"}
    assert top.rebound == {"late", "f", "n"}


def test_definitions_are_those_of_the_top_and_of_classes():
    source = "def f():\n    def inner(): ...\nclass K:\n    def m(self): ...\n    class L:\n        def n(self): ...\nx = lambda: 1\n"

    names = {code.co_qualname for code in defined_code(compile(source, "s.py", "exec"))}

    assert names == {"f", "K", "K.m", "K.L", "K.L.n", "<lambda>"}
