"""A config as the YAML text in its run's event log. Owns what is cut from a large one; knows no log.

``config.json`` in the run's folder holds the whole config; the text is there to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

MAX_VALUES = 2_000
"""How many values of a config are written."""

MAX_LETTERS = 20_000
"""How many characters of its strings are written altogether."""

_DECIMAL_BITS = 10_000  # Python refuses to write decimals of more than 4,300 digits


def config_text(config: Mapping[str, Any]) -> str:
    """Return *config* as YAML; a comment at the end says what is left out of a large one.

    Example:
        >>> print(config_text({"lr": 0.1, "layers": (64, 32)}), end="")
        lr: 0.1
        layers:
        - 64
        - 32
        >>> config_text({"text": "x" * 30_000}).splitlines()[-1]
        '# cut: 10,004 letters are left out; config.json has them all'
    """
    budget = _Budget()
    text = _dump(budget.plain(config))
    return text + budget.note()


def _dump(values: Any) -> str:
    import yaml

    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True}
    try:
        return str(yaml.dump(values, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), **options))
    except UnicodeEncodeError:  # half a surrogate pair, as in file names that are not UTF-8: only this one escapes it
        return str(yaml.dump(values, Dumper=yaml.SafeDumper, **options))


@dataclass(slots=True)
class _Budget:
    """How much may still be written, and what was left out."""

    values: int = MAX_VALUES
    letters: int = MAX_LETTERS
    cut_values: int = 0
    cut_letters: int = 0

    def plain(self, value: Any) -> Any:
        """Return *value* in the types that YAML has, as far as the budget reaches."""
        if isinstance(value, Mapping):
            return {self._text(key): self.plain(part) for key, part in self._afforded(list(value.items()))}
        if isinstance(value, (list, tuple)):
            return [self.plain(part) for part in self._afforded(value)]
        if isinstance(value, (set, frozenset)):
            return [self.plain(part) for part in self._afforded(sorted(value, key=repr))]
        if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
            return self._text(hex(value))
        return self._text(str(value)) if isinstance(value, (str, PurePath)) else value

    def note(self) -> str:
        """Return the comment on what was left out."""
        counts = ((self.cut_values, "values"), (self.cut_letters, "letters"))
        parts = [f"{count:,} {unit}" for count, unit in counts if count]
        return f"# cut: {' and '.join(parts)} are left out; config.json has them all\n" if parts else ""

    def _afforded(self, parts: Any) -> Any:
        taken = parts[: self.values]
        self.cut_values += len(parts) - len(taken)
        self.values -= len(taken)
        return taken

    def _text(self, text: str) -> str:
        kept = text[: self.letters]
        self.letters -= len(kept)
        self.cut_letters += len(text) - len(kept)
        return kept if len(kept) == len(text) else f"{kept}…"
