"""``python -m pyexp.tensorboard RUNS OUT``: turn TensorBoard logs into ours. Owns the command line only."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.tensorboard.conversion.conversion import convert

if TYPE_CHECKING:
    from pathlib import Path

_EPILOG = """\
Scalars, texts, images, histograms and hyperparameters are converted with their tags, steps, wall times and run names.
What has no counterpart (graphs, embeddings, audio, ...) and what is damaged is listed and left out.
The source is not changed.

example:
  python -m pyexp.tensorboard runs/ converted/
  python -m pyexp.viewer converted/
"""


def main(argv: list[str] | None = None) -> int:
    """Convert, print what was made, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pyexp.tensorboard",
        description="Turn the logs of TensorBoard, tensorboardX and PyTorch into pyexp's.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", help="the folder that `tensorboard --logdir` is given, or one event file")
    parser.add_argument("target", help="the folder to write to, one run per folder of the source")
    arguments = parser.parse_args(argv)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = _convert(arguments.source, arguments.target)
    except (LogError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; nothing was converted\n")
        return 130
    for path in made:
        sys.stdout.write(f"{path}\n")
    for warning in caught:
        sys.stderr.write(f"warning: {warning.message}\n")
    runs = "1 run" if len(made) == 1 else f"{len(made)} runs"
    sys.stdout.write(f'{runs} converted; to see them: python -m pyexp.viewer "{arguments.target}"\n')
    return 0


def _convert(source: str, target: str) -> list[Path]:
    """Convert, with a progress bar on a terminal."""
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, leave=False, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return convert(source, target, progress=show)


if __name__ == "__main__":
    sys.exit(main())
