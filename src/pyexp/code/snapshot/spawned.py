"""Processes that a run starts by multiprocessing, or by loky (joblib): they import the code of the start, too.

What such a process receives first ("preparation data") installs the hook. Forked processes have it anyway.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# Each makes the data itself; others end in the same names (torch.multiprocessing.spawn) and do not.
_MAKERS = ("multiprocessing.spawn", "multiprocess.spawn", "loky.backend.spawn")
_ROOT = os.fspath(Path(__file__).absolute().parents[3])
_DOOR = "pyexp.code.snapshot.install"


def accompany_spawned(saved: str) -> None:
    """Have processes that this one starts load the tree that the file *saved* holds, before anything of the user's."""
    _Rider.saved = saved
    if not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())
    for name, module in list(sys.modules.items()):
        if name.endswith(_MAKERS):
            _accompany(module)


def leave_spawned_alone() -> None:
    """Have processes that this one starts import as usual."""
    _Rider.saved = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Watch)]


class _Rider(str):
    """A string of the preparation data that installs the hook where it is unpickled, or evaluated.

    multiprocessing's fork server receives source text, its children a pickle.
    """

    __slots__ = ()
    saved: ClassVar[str | None] = None

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (repr(self),)

    def __repr__(self) -> str:
        # The process has the default sys.path as yet, by which it need not find this library.
        return (
            f"(__import__('sys').path.append({_ROOT!r}), __import__('importlib').import_module({_DOOR!r})"
            f".arrive({self.saved!r}, {str(self)!r}))[1]"
        )


def _accompany(module: ModuleType | None) -> None:
    """Have `get_preparation_data` of *module* include the hook, if it is a module that has one."""
    ordinary = getattr(module, "__dict__", {}).get("get_preparation_data")
    if ordinary is None or getattr(ordinary, "is_pyexp", False):
        return

    def get_preparation_data(name: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        data: dict[str, Any] = ordinary(name, *arguments, **options)
        if _Rider.saved is not None:
            data["name"] = _Rider(data["name"])
            # The fork server gets nothing else of this.
            data["sys_path"] = [*map(_Rider, data["sys_path"][:1]), *data["sys_path"][1:]]
            _name_script(data)
        return data

    get_preparation_data.is_pyexp = True  # type: ignore[attr-defined]
    vars(module)["get_preparation_data"] = get_preparation_data


def _name_script(data: dict[str, Any]) -> None:
    """Name a script by its file: one that has changed was made through a finder, as a module called ``__main__``."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    if data.get("init_main_from_name") == "__main__" and file is not None:
        del data["init_main_from_name"]
        data["init_main_from_path"] = os.path.normpath(file)


class _Watch:
    """A finder that notices when modules that make preparation data are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.endswith(_MAKERS):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _MakerLoader(fullname, spec.loader.path)
        return spec


class _MakerLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _accompany(module)
