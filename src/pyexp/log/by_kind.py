"""The reader's names for single kinds: `figure_tags`, `load_image`, …, each in terms of the calls that take a kind.

Owns the names and their types. A kind needs none: `LogReader.tags`, `iterations_of` and `load` know all of `kinds`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pyexp.log import kinds


class ByKind(ABC):
    """The part of `LogReader` that names kinds."""

    __slots__ = ()

    @abstractmethod
    def tags(self, kind: str) -> set[str]:
        """Return the names of the objects of a kind."""

    @abstractmethod
    def iterations_of(self, kind: str, tag: str) -> list[int]:
        """Return the iterations at which an object was logged, sorted."""

    @abstractmethod
    def load(self, kind: str, tag: str, iteration: int) -> Any:
        """Return an object as it was logged."""

    @abstractmethod
    def load_all(self, kind: str, tag: str) -> list[tuple[int, Any]]:
        """Return iteration and value of the objects of a name."""

    @property
    def text_tags(self) -> set[str]:
        """Names of the texts."""
        return self.tags(kinds.TEXT.name)

    @property
    def figure_tags(self) -> set[str]:
        """Names of the figures."""
        return self.tags(kinds.FIGURE.name)

    @property
    def checkpoint_tags(self) -> set[str]:
        """Names of the checkpoints."""
        return self.tags(kinds.CHECKPOINT.name)

    @property
    def image_tags(self) -> set[str]:
        """Names of the images."""
        return self.tags(kinds.IMAGE.name)

    @property
    def histogram_tags(self) -> set[str]:
        """Names of the histograms."""
        return self.tags(kinds.HISTOGRAM.name)

    @property
    def table_tags(self) -> set[str]:
        """Names of the tables."""
        return self.tags(kinds.TABLE.name)

    def load_text(self, tag: str) -> list[tuple[int, str]]:
        """Return ``[(iteration, text), …]``; empty for an unknown tag."""
        return self.load_all(kinds.TEXT.name, tag)

    def load_figure(self, tag: str, iteration: int) -> Any:
        """Return a figure. A matplotlib figure is unpickled: open only logs that you trust.

        Raises:
            SelectionError: There is none at this iteration; a `KeyError`.
            LogError: It is damaged.
        """
        return self.load(kinds.FIGURE.name, tag, iteration)

    def load_checkpoint(self, tag: str, iteration: int) -> Any:
        """Return a checkpoint. It is unpickled: open only logs that you trust.

        Raises:
            SelectionError: There is none at this iteration; a `KeyError`.
            LogError: It is damaged.
        """
        return self.load(kinds.CHECKPOINT.name, tag, iteration)

    def load_checkpoints(self, tag: str) -> list[tuple[int, Any]]:
        """Return ``[(iteration, object), …]``, without those that are damaged; see `load_checkpoint`."""
        return self.load_all(kinds.CHECKPOINT.name, tag)

    def load_image(self, tag: str, iteration: int) -> bytes:
        """Return an image as the bytes of a picture file; raises as `load_figure` does."""
        return bytes(self.load(kinds.IMAGE.name, tag, iteration))

    def load_histogram(self, tag: str, iteration: int) -> dict[str, list[float]]:
        """Return ``{"edges": [n + 1 numbers], "counts": [n numbers]}``; raises as `load_figure` does."""
        return dict(self.load(kinds.HISTOGRAM.name, tag, iteration))

    def load_table(self, tag: str, iteration: int) -> dict[str, list[Any]]:
        """Return ``{"columns": [names], "rows": [[values], …]}``; raises as `load_figure` does."""
        return dict(self.load(kinds.TABLE.name, tag, iteration))

    def figure_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which a figure was logged."""
        return self.iterations_of(kinds.FIGURE.name, tag)

    def checkpoint_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which a checkpoint was logged."""
        return self.iterations_of(kinds.CHECKPOINT.name, tag)

    def image_iterations(self, tag: str) -> list[int]:
        """Return the iterations at which an image was logged."""
        return self.iterations_of(kinds.IMAGE.name, tag)
