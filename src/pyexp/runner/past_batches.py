"""What an experiment has run so far: its batches, their results, one run through all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    import typing_extensions  # known to every type checker: it need not be installed

    from pyexp.definition.declaration import Declaration
    from pyexp.results.result import Result
    from pyexp.results.results import Results
    from pyexp.store.batches.overview import BatchOverview

    Item = typing_extensions.TypeVar("Item", default=Result)
else:
    Item = TypeVar("Item")


class PastBatches(Generic[Item]):
    """Reads the batches of an experiment; *Item* is what the user sees of a run."""

    _declaration: Declaration

    @property
    def name(self) -> str:
        """The experiment's name: the one that was given, else the function's or class's."""
        return self._declaration.own_name

    @property
    def folder(self) -> Path:
        """Where the experiment's batches are."""
        return self._folder()

    def results(
        self, timestamp: str | None = None, output_dir: str | os.PathLike[str] | None = None, name: str | None = None
    ) -> Results[Item]:
        """Load the results of a batch, also of one that is still running.

        Args:
            timestamp: The batch, or as much of its timestamp as no other has; None or ``"latest"`` for the latest that
                is not a trial, ``"latest-complete"`` for the latest of them all of whose runs passed.
            output_dir: Where the batches are, if elsewhere than declared.
            name: The experiment's name, if another than declared.

        Returns:
            A tensor of `Result` (or of the class's instances), shaped like the sweep, with statistics over its axes.

        Raises:
            BatchNotFoundError: There is no such batch; the nearest is named.
        """
        from pyexp.results.load import load_results
        from pyexp.store.batch import Batch
        from pyexp.store.batches.finding import find_batch

        root = find_batch(self._folder(output_dir=output_dir, name=name), timestamp)
        return load_results(Batch.open(root), self._declaration.make_item)

    def batches(self) -> list[BatchOverview]:
        """Return the batches at a glance, oldest first: ``timestamp``, ``counts``, ``commit``, ``note``, ``trial``, ….

        Example:
            >>> [(batch.timestamp, batch.counts) for batch in experiment.batches()]  # doctest: +SKIP
            [('2026-01-25_14-30-00', {'passed': 9})]
        """
        from pyexp.store.batches.finding import find_batches
        from pyexp.store.batches.overview import look_at

        return [look_at(root) for root in find_batches(self._folder())]

    def history(self, run: str | Mapping[str, Any]) -> list[Item]:
        """Return one run as it is in every batch that has it, oldest first; damaged batches are passed over.

        Args:
            run: Its name, or values of its config by key.

        Example:
            >>> [r.result["accuracy"] for r in experiment.history({"lr": 0.1}) if r.ok]  # doctest: +SKIP
            [0.91, 0.93]
        """
        from pyexp.store.batches.finding import find_batches
        from pyexp.store.batches.history import records_of

        found = (pair for root in find_batches(self._folder()) for pair in records_of(root, run))
        return [self._declaration.make_item(batch, record) for batch, record in found]

    def _folder(self, **given: Any) -> Path:
        from pyexp.runner.command_line.environment import resolve_folder
        from pyexp.runner.start.experiment_folder import experiment_folder

        known = {key: value for key, value in given.items() if value is not None}
        return experiment_folder(self._declaration, resolve_folder(self._declaration, known))
