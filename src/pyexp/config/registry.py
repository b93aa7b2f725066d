"""Classes by name, and instances from configs. Owns `register` and `build`; knows nothing of what is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from pyexp.config.suggestion import nearest
from pyexp.errors import RegistryError, UnknownTypeError, WrongTypeError

T = TypeVar("T")
C = TypeVar("C", bound=type)

_types: dict[str, type | str] = {}


@overload
def register(cls: C, /, *, name: str | None = None) -> C: ...
@overload
def register(cls: str | None = None, /, *, name: str | None = None) -> Callable[[C], C]: ...
def register(cls: Any = None, /, *, name: str | None = None) -> Any:
    """Register a class, so that `build` finds it under its own name or the one given.

    The same class again (the same module and qualified name, as from a notebook cell that is run twice) replaces the
    earlier one.

    Example:
        >>> @register
        ... class MLP:
        ...     def __init__(self, width=64):
        ...         self.width = width
        >>> @register("mlp-wide")
        ... class Wide(MLP): ...
        >>> build(MLP, {"type": "mlp-wide", "width": 128}).width
        128

    Raises:
        RegistryError: A different class is registered under the name.
        WrongTypeError: What is decorated is not a class.
    """
    if isinstance(cls, str):
        return lambda decorated: register(decorated, name=cls)
    if cls is None:
        return lambda decorated: register(decorated, name=name)
    if not isinstance(cls, type):
        raise WrongTypeError(f"register: {cls!r} ({type(cls).__name__}) is not a class: decorate a class")
    adopt(cls.__name__ if name is None else name, cls)
    return cls


def registered() -> dict[str, type | str]:
    """Return what is registered, by name: a class, or the reference that `adopt` got and that was not needed yet.

    Example:
        >>> @register
        ... class Linear: ...
        >>> registered()["Linear"] is Linear
        True
    """
    return dict(_types)


def adopt(name: str, cls: type | str) -> None:
    """Register *cls* under *name*; a reference ``"module:qualname"`` is imported when the name is first asked for.

    Example:
        >>> adopt("Decimal", "decimal:Decimal")
        >>> build(object, {"type": "Decimal", "value": "1.5"})
        Decimal('1.5')

    Raises:
        RegistryError: A different class is registered under the name.
    """
    known = _types.get(name, cls)
    if _reference(known) != _reference(cls):
        raise RegistryError(
            f"type {name!r} is registered as {_reference(known)} already, so {_reference(cls)} cannot be: "
            'give one another name, @register("…")'
        )
    if isinstance(known, str) or not isinstance(cls, str):
        _types[name] = cls


def build(base: Callable[..., T], config: Any, /, *args: Any, **overrides: Any) -> T:
    """Make the instance that *config* describes: its ``type`` names the class, its other keys are the arguments.

    Without a ``type`` the class is *base*. The config is not changed; nested configs are passed as they are.

    Args:
        base: The class that the instance must be of.
        config: A mapping, or an instance of *base*, which is returned as it is.
        *args: Positional arguments, before those of the config (``build(Optimizer, config, model.parameters())``).
        **overrides: Arguments that win over those of the config.

    Example:
        >>> from fractions import Fraction
        >>> build(Fraction, {"numerator": 1}, denominator=4)
        Fraction(1, 4)

    Raises:
        UnknownTypeError: No class is registered under the name.
        WrongTypeError: The class is not a *base*, cannot be made of these arguments, or ``type`` is not a name.
    """
    expected: Any = base  # a class; type checkers refuse an abstract one where `type[T]` is asked for
    if not isinstance(config, Mapping):
        if not isinstance(config, expected):
            raise WrongTypeError(
                f"build: {config!r} ({type(config).__name__}) is neither a mapping nor an instance of "
                f"{expected.__name__}"
            )
        if args or overrides:
            listed = ", ".join(map(repr, (*args, *overrides)))
            raise WrongTypeError(f"build: {listed:.200} cannot override an instance: pass a mapping")
        given: T = config
        return given
    arguments = {**config, **overrides}
    wanted = arguments.pop("type", expected)
    cls = wanted if isinstance(wanted, type) else _find(wanted)
    if not issubclass(cls, expected):
        raise WrongTypeError(
            f"build: type {wanted!r} is {_reference(cls)}, which is not a subclass of {_reference(expected)}"
        )
    _check_arguments(cls, args, arguments)
    made: T = cls(*args, **arguments)
    return made


def _reference(cls: type | str) -> str:
    return cls if isinstance(cls, str) else f"{cls.__module__}:{cls.__qualname__}"


def _find(name: Any) -> type:
    if not isinstance(name, str):
        raise WrongTypeError(
            f"build: 'type' holds {name!r:.80} ({type(name).__name__}), not a name: write that of a registered class"
        )
    if name not in _types:
        raise UnknownTypeError(f"build: no type {name!r} is registered: {nearest(str(name), _types)}")
    found = _types[name]
    if isinstance(found, type):
        return found
    from importlib import import_module
    from operator import attrgetter

    module, _, qualname = found.partition(":")
    try:
        cls = attrgetter(qualname)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise UnknownTypeError(f"build: type {name!r} is {found}, which cannot be imported here: {error}") from error
    if not isinstance(cls, type):
        raise WrongTypeError(f"build: type {name!r} is {found}, which is not a class but {cls!r}")
    _types[name] = cls
    return cls


def _check_arguments(cls: type, args: tuple[Any, ...], arguments: Mapping[str, Any]) -> None:
    """Refuse arguments before the class sees them, so that errors from the class itself pass unchanged."""
    import inspect

    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        raise WrongTypeError(f"build: {_reference(cls)} is abstract ({missing}): name a concrete class with 'type'")
    try:
        signature = inspect.signature(cls)
    except ValueError:  # some classes written in C have no signature
        return
    parameters = signature.parameters.values()
    accepted = [p.name for p in parameters if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for key in arguments:
        if not isinstance(key, str) or (key not in accepted and not takes_any):
            raise WrongTypeError(f"build: {_reference(cls)} takes no argument {key!r}: {nearest(str(key), accepted)}")
    try:
        signature.bind(*args, **arguments)
    except TypeError as error:
        raise WrongTypeError(
            f"build: {_reference(cls)} cannot be made: {error}; given are {[*map(repr, args), *arguments]!r:.200}"
        ) from error
