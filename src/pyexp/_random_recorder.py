"""Records whether the user has seeded Python's `random`, from ``import pyexp`` on.

A forked process asks: CPython reseeds `random` in each fork, which is right only if the user did not seed it. The
generator itself does not say. Does not import `random`: one that is not loaded yet is recorded when it is loaded.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_MODULE = "random"
_is_seeded = False


def is_seeded() -> bool:
    """Return whether the state of `random` is the user's choice, as far as it was seen."""
    return _is_seeded


def install() -> None:
    """Record calls of `random.seed` and `random.setstate` from now on; a second call does nothing."""
    if _MODULE in sys.modules:
        _record(sys.modules[_MODULE])
    elif not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def _record(module: ModuleType) -> None:
    if hasattr(module, "seed") and not hasattr(module.seed, "__wrapped__"):
        module.seed = _recorded(module.seed, "seed", _is_choice)  # type: ignore[attr-defined]
        module.setstate = _recorded(module.setstate, "setstate", lambda *_, **__: True)  # type: ignore[attr-defined]


def _is_choice(a: Any = None, *_: Any, **__: Any) -> bool:
    return a is not None


def _recorded(function: Callable[..., Any], name: str, is_choice: Callable[..., bool]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        global _is_seeded  # noqa: PLW0603 — one generator, one state
        value = function(*args, **kwargs)
        _is_seeded = is_choice(*args, **kwargs)
        return value

    # A method by origin: by these names pickles find the function in the module.
    call.__module__, call.__qualname__ = _MODULE, name
    return call


class _Watch:
    """The first of the finders until `random` is imported; then it removes itself."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find `random` by the finders after this one, to record it when it is loaded."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


class _Loader:
    """A loader that loads a module by its own loader and then records it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _record(module)
