"""Configs from YAML files. Owns imports and the errors that name the chain of files; parsing is in `yaml_reader`."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from pyexp.config.clashes import find_clash
from pyexp.config.config import Config
from pyexp.config.merge import merge
from pyexp.config.overrides import override, parse_overrides
from pyexp.errors import ConfigError, ConfigFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyexp.config.yaml_reader import Document, YamlProblem

MAX_BYTES = 10_000_000
"""How large one config file may be."""

MAX_FILES = 1_000
"""How many files one load may read, a file imported twice counted twice."""

MAX_REPEATED = 1_000_000
"""How many values one load may reread from files that are imported several times."""

MAX_CHAIN = 50
"""How long a chain of imports may be."""

_IMPORTS = "imports"


def load_config(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], overrides: Mapping[str, Any] | Iterable[str] = ()
) -> Config:
    r"""Load a config from a YAML 1.2 file, or from several, later ones laid over earlier ones as `merge` does it.

    A file may name others under ``imports`` (one path or a list, relative to the file); its own keys are laid over
    theirs. Dotted keys and the ``**`` prefix work at the top level of each file; two keys of one file that set the same
    value are refused. Only plain data is read. An empty file is an empty config. ``~`` is the home folder.

    Args:
        path: A file, or several.
        overrides: What is laid over them: ``key=value`` texts, values written as in YAML, or a dict. A key that the
            files do not have is refused, unless it begins with ``+``.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as name:
        ...     base, wide = Path(name, "base.yaml"), Path(name, "wide.yaml")
        ...     _ = base.write_text("model: {width: 64, depth: 2}")
        ...     _ = wide.write_text("imports: base.yaml\nmodel.width: 128\nlr: 1e-3")
        ...     load_config(wide).to_dict()
        ...     load_config(base, overrides=["model.width=32", "+seed=1"]).to_dict()
        {'model': {'width': 128, 'depth': 2}, 'lr': 0.001}
        {'model': {'width': 32, 'depth': 2}, 'seed': 1}

    Raises:
        ConfigFileError: A file is missing, malformed, not a mapping, too large, or imports itself; the message has the
            chain of files that led to it, and the line and column of bad YAML.
        ConfigError: No file is given, a dotted key runs through a value that is not a mapping, or an override is not
            understood or not for an existing key.
    """
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    if not paths:
        raise ConfigError("load_config: no file is given: pass at least one path")
    load = _Load()
    config = Config()
    for each in paths:
        config = load.lay_over(config, os.path.expanduser(os.fspath(each)), ())
    values = parse_overrides(overrides)
    return override([config], values)[0] if values else config


class _Load:
    """One call of `load_config`: the limits of all its files together."""

    def __init__(self) -> None:
        self._files = 0
        self._repeated = 0
        self._parsed: dict[str, Document] = {}

    def lay_over(self, config: Config, path: str, importers: tuple[str, ...]) -> Config:
        """Return *config* with the imports of the file at *path*, then the file itself, laid over it."""
        chain = (*importers, path)
        if "\0" in path:
            raise ConfigFileError(f"{_located(chain)} cannot be read: a path has no null characters")
        known = [os.path.realpath(importer) for importer in importers]
        if os.path.realpath(path) in known:
            raise ConfigFileError(f"config files import each other in a circle: {' -> '.join(chain)}: break it")
        if len(chain) > MAX_CHAIN:
            raise ConfigFileError(f"{_located(chain[-3:])}: more than {MAX_CHAIN} files import one another in a row")
        values = dict(self._read(path, chain))
        for imported in _imported(values.pop(_IMPORTS, None), chain):
            target = os.path.join(os.path.dirname(path), os.path.expanduser(imported))
            config = self.lay_over(config, target, chain)
        try:
            return merge(config, values)
        except ConfigError as error:
            raise type(error)(f"{_located(chain)}: {error}") from error

    def _read(self, path: str, chain: tuple[str, ...]) -> dict[str, Any]:
        self._files += 1
        if path in self._parsed:
            self._repeated += self._parsed[path].nodes
        else:
            self._parsed[path] = _parse(path, chain)
        if self._files > MAX_FILES or self._repeated > MAX_REPEATED:
            raise ConfigFileError(
                f"{_located(chain)}: the imports add up to {self._files} files, {self._repeated} values of them read "
                f"again: at most {MAX_FILES} files are read, and {MAX_REPEATED} values again"
            )
        value = self._parsed[path].value
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ConfigFileError(
                f"{_located(chain)} holds {value!r:.80} ({type(value).__name__}), not a mapping: "
                "write 'key: value' lines at the top level"
            )
        return value


def _parse(path: str, chain: tuple[str, ...]) -> Document:
    from pyexp.config.yaml_reader import YamlProblem, read_yaml

    try:
        document = read_yaml(_text(path, chain))
        # What ``<<`` merges in is meant to be overridden.
        if clash := find_clash({key: document.value[key] for key in document.key_marks}):
            raise _clash_problem(clash, document.key_marks)
    except YamlProblem as problem:
        raise ConfigFileError(f"{_located(chain)}{problem}") from problem
    return document


def _clash_problem(clash: tuple[str, str, str], marks: Mapping[str, Any]) -> YamlProblem:
    from pyexp.config.yaml_reader import YamlProblem

    one, other, path = clash
    last = max((marks[key] for key in (one, other) if key in marks), key=lambda mark: mark.index)
    keys = f"key {one!r} sets" if one == other else f"keys {one!r} and {other!r} both set"
    return YamlProblem(f"{keys} {path!r}{' twice' if one == other else ''}: write it in one place", last)


def _text(path: str, chain: tuple[str, ...]) -> str:
    try:
        data = _read_regular(path)
    except OSError as error:
        raise ConfigFileError(f"{_located(chain)} cannot be read: {error.strerror or error}") from error
    if data is None:
        raise ConfigFileError(f"{_located(chain)} is {_kind_of(path)}: configs are read from regular files only")
    if len(data) > MAX_BYTES:
        raise ConfigFileError(f"{_located(chain)} is larger than {MAX_BYTES} bytes: keep data out of configs")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigFileError(
            f"{_located(chain)}, line {line}: byte {error.start} is not valid UTF-8; save the file as UTF-8"
        ) from error


def _read_regular(path: str) -> bytes | None:
    """Read a file; return None for one that is not regular, which might never end or never begin."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    # Checked once more when open, since it may have been replaced; without waiting for a FIFO's other end.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _kind_of(path: str) -> str:
    mode = os.stat(path).st_mode
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _imported(imports: Any, chain: tuple[str, ...]) -> list[str]:
    listed = [imports] if isinstance(imports, str) else [] if imports is None else imports
    if not isinstance(listed, list) or not all(isinstance(path, str) for path in listed):
        raise ConfigFileError(
            f"{_located(chain)}: key {_IMPORTS!r} holds {imports!r:.80}: give a path, or a list of paths"
        )
    return listed


def _located(chain: tuple[str, ...]) -> str:
    *importers, path = chain
    return f"config file {path!r}" + (f" (imported by {' -> '.join(map(repr, importers))})" if importers else "")
