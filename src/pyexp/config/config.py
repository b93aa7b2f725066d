"""The mapping with dot access. Owns `Config` and the conversion of what is stored in it.

It does not know which values are allowed. A worker imports this module to unpickle a config, so it imports next to
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp.errors import ConfigError

if TYPE_CHECKING:
    from typing import Self

MAX_DEPTH = 100
"""How deep dicts and lists may nest in a config; deeper ones mostly contain themselves."""

_ATOMS = frozenset({str, int, float, bool, type(None)})


class Config(dict[str, Any]):
    """A dict whose keys are attributes too, at every depth and inside lists.

    Dicts, and dicts in lists and tuples, become `Config` when they are stored; for that, dicts, lists and tuples
    are rebuilt, a `Config` is stored as it is. Lists stay plain lists: a dict that is added to one later becomes a
    `Config` when dots next lead to the list. A key that is also a method of dict (``items``) is read and written
    with ``config["items"]``.

    Example:
        >>> config = Config(lr=0.1, layers=[{"width": 64}])
        >>> config.layers[0].width
        64
        >>> config.lr = 0.2
        >>> config["lr"]
        0.2
        >>> config | {"epochs": 3}
        Config({'lr': 0.2, 'layers': [Config({'width': 64})], 'epochs': 3})

    Raises:
        ConfigError: Dicts or lists nest deeper than `MAX_DEPTH`, or contain themselves.
    """

    __module__ = "pyexp"  # where pickles look for it, wherever it moves
    __slots__ = ()

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        if args or kwargs:
            self.update(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            value = self[name]
        except KeyError:
            raise AttributeError(self._missing(name)) from None
        if type(value) is list:
            _convert_added(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise AttributeError(
                f"config attribute {name!r} is a method of dict and cannot be set: write config[{name!r}] = …"
            )
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self:
            raise AttributeError(self._missing(name))
        del self[name]

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, _convert(value))

    def update(self, /, *args: Any, **kwargs: Any) -> None:
        """Set the items of a mapping, or of pairs, and the keywords, like `dict.update`.

        Example:
            >>> config = Config(a=1)
            >>> config.update({"b": {"c": 2}}, d=3)
            >>> config.b.c, config.d
            (2, 3)
        """
        items = dict(*args, **kwargs)
        # Most hold plain values only, and there may be ten thousand configs.
        are_plain = _ATOMS.issuperset(map(type, items.values()))
        super().update(items if are_plain else {key: _convert(value) for key, value in items.items()})

    def setdefault(self, key: str, default: Any = None, /) -> Any:
        """Return the value of *key*, after setting it to *default* when there is none.

        Example:
            >>> Config().setdefault("model", {"width": 64}).width
            64
        """
        if key not in self:
            self[key] = default
        return self[key]

    def copy(self) -> Config:
        """Return a shallow copy; `copy.deepcopy` makes a deep one.

        Example:
            >>> config = Config(a=1)
            >>> config.copy() == config
            True
        """
        return _restore_config(type(self), self)

    def to_dict(self) -> dict[str, Any]:
        """Return the same values in plain dicts, lists, tuples and sets, all of them new.

        Example:
            >>> Config(model={"width": 64}).to_dict()
            {'model': {'width': 64}}
        """
        return {key: _plain(value, 1) for key, value in self.items()}

    def __or__(self, other: Any, /) -> Config:  # type: ignore[override]
        if not isinstance(other, dict):
            return NotImplemented
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Any, /) -> Config:  # type: ignore[override]
        if not isinstance(other, dict):
            return NotImplemented
        result = _restore_config(type(self), {})
        result.update(other)
        result.update(self)
        return result

    def __ior__(self, other: Any, /) -> Self:  # type: ignore[override]
        self.update(other)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"

    def _repr_html_(self) -> str:
        from pyexp.config.html import config_html

        return config_html(self)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(key for key in self if isinstance(key, str) and key.isidentifier())]

    def __reduce__(self) -> tuple[Any, ...]:
        # The values are converted already: restoring them must not walk through them again.
        return _restore_config, (type(self), dict(self))

    def _missing(self, name: str) -> str:
        if name.startswith("__") and name.endswith("__"):
            return name  # copy, pickle and similar only probe: no search for the nearest key
        from pyexp.config.suggestion import nearest

        return f"config has no key {name!r}: {nearest(name, self)}"


_SETTLED = _ATOMS | {Config}


def _restore_config(kind: type[Config], items: dict[str, Any]) -> Config:
    """Make a config of values that are converted already."""
    config = kind.__new__(kind)
    dict.update(config, items)
    return config


_restore_config.__module__ = "pyexp"
_restore = _restore_config  # as pickles of 0.1.0 name it


def _convert(value: Any, depth: int = 0) -> Any:
    kind = type(value)
    if kind in _ATOMS or isinstance(value, Config):
        return value
    if depth >= MAX_DEPTH:
        raise ConfigError(too_deep("the config"))
    if isinstance(value, dict):
        return _restore_config(Config, {key: _convert(item, depth + 1) for key, item in value.items()})
    if kind is list or kind is tuple:
        if _ATOMS.issuperset(map(type, value)):  # it may be long
            return kind(value)
        return kind([_convert(item, depth + 1) for item in value])
    return value


def _convert_added(items: list[Any], depth: int = 1) -> None:
    """Convert, in place, the dicts that were added to a stored list since; lists in it keep their identity."""
    # One that begins and ends with plain values is assumed to hold only such: it may be long, and is read in loops.
    if not items or not (isinstance(items[0], (dict, list)) or isinstance(items[-1], (dict, list))):
        return
    if _SETTLED.issuperset(map(type, items)):
        return
    if depth >= MAX_DEPTH:
        raise ConfigError(too_deep("the config"))
    for place, item in enumerate(items):
        if type(item) is list:
            _convert_added(item, depth + 1)
        elif isinstance(item, dict):
            items[place] = _convert(item, depth)


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > MAX_DEPTH:
        raise ConfigError(too_deep("the config"))
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if kind is list or kind is tuple or kind is set:
        if _ATOMS.issuperset(map(type, value)):
            return kind(value)
        return kind([_plain(item, depth + 1) for item in value])
    return value


def too_deep(subject: str) -> str:
    """Return the message that *subject* nests too deep.

    Example:
        >>> too_deep("config 'a'")
        "config 'a' nests deeper than 100 levels, or contains itself: configs are trees of at most 100 levels"
    """
    return (
        f"{subject} nests deeper than {MAX_DEPTH} levels, or contains itself: "
        f"configs are trees of at most {MAX_DEPTH} levels"
    )
