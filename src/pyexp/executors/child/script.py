"""The user's script in the process of a run: its ``__main__``, its arguments, the files of its functions.

A run's process has a small program of the library's own as its main module. What looks there for the script (pickle,
multiprocessing, the user's code itself) shall find what it would find in the script.
"""

from __future__ import annotations

import os
import pickle
import sys
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.task import Body

_MAIN = "__main__"


def describe_script() -> tuple[Any, ...]:
    """What `become_script` needs, picklable by `dumps` together with the experiment."""
    main = sys.modules[_MAIN]
    spec = getattr(main, "__spec__", None)
    # By value, each function of the script refers to one dict of those of its variables that any of them uses.
    view = FunctionType(_no_code(), vars(main), "view")
    view.__module__ = _MAIN
    return view, getattr(main, "__file__", None), getattr(spec, "name", None), list(sys.argv)


def become_script(view: FunctionType, file: str | None, module: str | None, argv: list[str]) -> None:
    """Make this process's ``__main__`` and ``sys.argv`` those of the script, as far as they came along."""
    script = ModuleType(_MAIN)
    vars(script).update(view.__globals__)
    # Another machine need not have the file: multiprocessing would fail over it.
    script.__file__ = file if file is not None and os.path.isfile(file) else None
    if module is not None:
        from importlib.machinery import ModuleSpec

        script.__spec__ = ModuleSpec(module, None)
    sys.modules[_MAIN] = script
    sys.argv[:] = argv


def unpack_body(data: bytes) -> Body:
    """Unpickle what `pack_body` made, in the process of a run: its ``__main__`` becomes the script's."""
    body: Body
    body, script = pickle.loads(data)
    become_script(*script)
    return body


def dumps(value: Any) -> bytes:
    """Pickle *value* by cloudpickle; functions keep the names of their files, which tracebacks show."""
    import io

    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({CodeType: _reduce_code})

    with io.BytesIO() as file:
        Pickler(file).dump(value)
        return file.getvalue()


def _reduce_code(code: CodeType) -> tuple[Any, ...]:
    import cloudpickle

    make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return _make_code, (make, arguments, code.co_filename)


def _make_code(make: Callable[..., CodeType], arguments: tuple[Any, ...], file: str) -> CodeType:
    return make(*arguments).replace(co_filename=file)


def _no_code() -> CodeType:
    return (lambda: None).__code__
