"""What a conversion reports: its progress, what was left out and why. Owns the sentences; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyexp.tensorboard.reading.record_file import Damage
    from pyexp.tensorboard.reading.summaries import Unknown

    Progress: TypeAlias = "Callable[[int, int], object]"

_NAMED_TAGS = 5
_BYTES_PER_CALL = 1 << 20


class Report:
    """What is to be reported, collected while files are read."""

    def __init__(self, progress: Progress | None) -> None:
        self._total = 0
        self._notes: list[str] = []
        self._read = self._reported = 0
        self._progress = progress
        self._unknown: dict[str, set[str]] = {}
        self._damages: dict[Path, list[Damage]] = {}
        self._names: dict[str, str] = {}

    def expect(self, total_bytes: int) -> None:
        """Say how many bytes are to be read."""
        self._total = total_bytes

    def note(self, sentence: str) -> None:
        """Note anything else that was left out."""
        self._notes.append(sentence)

    def advance(self, size: int) -> None:
        """Count bytes that were read."""
        self._read += size
        if self._progress and (self._read - self._reported >= _BYTES_PER_CALL or self._read >= self._total):
            self._reported = self._read
            self._progress(min(self._read, self._total), self._total)

    def leave_out(self, value: Unknown) -> None:
        """Note a value that has no counterpart."""
        self._unknown.setdefault(value.kind, set()).add(value.tag)

    def damage(self, path: Path, damage: Damage) -> None:
        """Note bytes of a file that are damaged."""
        self._damages.setdefault(path, []).append(damage)

    def rename(self, old: str, new: str) -> None:
        """Note a run that got another name."""
        self._names[old] = new

    def sentences(self) -> Iterator[str]:
        """Yield what to report, worst first."""
        for path, damages in self._damages.items():
            skipped = [damage for damage in damages if not damage.is_end]
            if skipped:
                yield _describe_skipped(path, skipped)
            for damage in damages[len(skipped) :]:
                yield _describe_end(path, damage)
        yield from self._notes
        if self._unknown:
            kinds = ", ".join(f"{kind}{_listed(tags - {''})}" for kind, tags in sorted(self._unknown.items()))
            yield f"left out, having no counterpart: {kinds}"
        if self._names:
            names = ", ".join(f"{old!r} is {new!r}" for old, new in self._names.items())
            yield f"renamed, because readers skip such names below a run: {names}"


def _describe_skipped(path: Path, damages: list[Damage]) -> str:
    first, size = damages[0], sum(damage.size for damage in damages)
    subject = "a damaged record was" if len(damages) == 1 else f"{len(damages):,} damaged records were"
    return (
        f"{str(path)!r}: {subject} left out, {size:,} bytes, at byte {first.offset:,}"
        f"{' and after' if len(damages) > 1 else ''} ({first.reason}); if there is another copy, convert that"
    )


def _describe_end(path: Path, damage: Damage) -> str:
    return (
        f"{str(path)!r}: {damage.size:,} bytes from byte {damage.offset:,} on were left unread: {damage.reason}; "
        f"if {'it was still being written, convert again' if damage.is_torn else 'there is another copy, convert that'}"
    )


def _listed(tags: set[str]) -> str:
    if not tags:
        return ""
    names = sorted(tags)
    more = f" and {len(names) - _NAMED_TAGS:,} more" if len(names) > _NAMED_TAGS else ""
    return f" ({', '.join(names[:_NAMED_TAGS])}{more})"
