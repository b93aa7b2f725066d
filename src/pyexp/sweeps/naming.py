"""Names of configs and of their folders. Owns what a folder may be called on every system; touches no folder."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from pyexp._garbage import uncollected
from pyexp.config.config import Config
from pyexp.config.encoding import HASH_LENGTH, config_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyexp.tensor.tensor import Tensor

_LONGEST_BYTES = 200  # with the hash and a ``~12345`` well below the 255 bytes of a folder name
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE | re.DOTALL)
_HASHED = re.compile(rf".*-([0-9a-f]{{{HASH_LENGTH}}})(?:~[0-9]+)?", re.DOTALL)


def position_name(config: Mapping[str, Any], position: int) -> str:
    """Return the config's name, or one made from its position.

    Example:
        >>> position_name({}, 2)
        'config2'
    """
    return f"config{position}" if config.get("name") is None else str(config["name"])


def with_name(config: Mapping[str, Any], name: str) -> Config:
    """Return *config* under *name*, which is its first key.

    Example:
        >>> with_name({"lr": 1}, "a"), with_name({"lr": 1, "name": "a"}, "b")
        (Config({'name': 'a', 'lr': 1}), Config({'name': 'b', 'lr': 1}))
    """
    named = {"name": name, **config}
    named["name"] = name
    return Config(named)


def complete_names(configs: Tensor[Config]) -> Tensor[Config]:
    """Return the same configs, each with a name: one without is named by its position.

    Example:
        >>> from pyexp import Tensor
        >>> [config.name for config in complete_names(Tensor([Config(name="a"), Config(lr=1)]))]
        ['a', 'config1']
    """
    named = [
        config if config.get("name") is not None else with_name(config, position_name(config, place))
        for place, config in enumerate(configs)
    ]
    return configs.with_items(named)


def sanitise(name: str) -> str:
    r"""Return *name* as the beginning of a folder name that is safe on Linux, macOS and Windows.

    ``/\:*?"<>|`` and control characters become ``_``; so do leading dots and dashes. Trailing dots and spaces go, and
    what is over-long is cut.

    Example:
        >>> sanitise("lr:0.1/x"), sanitise("../.."), sanitise("nul.txt"), sanitise(" ")
        ('lr_0.1_x', '__', '_nul.txt', 'unnamed')
    """
    safe = _FORBIDDEN.sub("_", name).encode()[:_LONGEST_BYTES].decode(errors="ignore").strip().rstrip(". ")
    if safe[:1] in {".", "-", "~"}:
        safe = f"_{safe.lstrip('.-~')}"
    if _DEVICE.fullmatch(safe):
        safe = f"_{safe}"
    return safe or "unnamed"


@uncollected()
def folder_names(
    configs: Sequence[Mapping[str, Any]], taken: Iterable[str] = (), hashes: Iterable[str] | None = None
) -> list[str]:
    """Return one folder name per config: its name made safe, a dash, the hash of its values.

    Names that a file system may take for the same, in another case or another Unicode spelling, get ``~2``, ``~3`` in
    the order of the configs, after those of the folders *taken*.

    Args:
        configs: The configs.
        taken: Names of folders that there are.
        hashes: The hashes of the configs, where they are known.

    Example:
        >>> folder_names([{"name": "a", "lr": 1}, {"name": "A", "lr": 1}])
        ['a-09703c8724ab', 'A-09703c8724ab~2']
        >>> folder_names([{"name": "A", "lr": 1}], taken=["a-09703c8724ab"])
        ['A-09703c8724ab~2']
    """
    seen = Counter(_alike(re.sub(r"~[0-9]+$", "", folder)) for folder in taken)
    folders = []
    for config, known in zip(configs, map(config_hash, configs) if hashes is None else hashes, strict=True):
        folder = f"{sanitise(str(config.get('name', '')))}-{known}"
        alike = _alike(folder)
        seen[alike] += 1
        folders.append(folder if seen[alike] == 1 else f"{folder}~{seen[alike]}")
    return folders


def _alike(folder: str) -> str:
    return normalize("NFD", normalize("NFC", folder).casefold())


def folder_hash(folder: str) -> str | None:
    """Return the hash in the name of a run's folder; None when it has none.

    Example:
        >>> folder_hash("a-09703c8724ab~2"), folder_hash("report")
        ('09703c8724ab', None)
    """
    match = _HASHED.fullmatch(folder)
    return match[1] if match else None
