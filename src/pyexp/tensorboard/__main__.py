"""``python -m pyexp.tensorboard RUNS OUT``: turn TensorBoard logs into ours. Owns the command line only."""

from __future__ import annotations

import argparse
import sys

from pyexp.errors import LogError
from pyexp.tensorboard.conversion import convert


def main(argv: list[str] | None = None) -> int:
    """Convert and say what was made; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pyexp.tensorboard", description="Turn TensorBoard logs into pyexp's."
    )
    parser.add_argument("source", help="a folder with event files of TensorBoard, at any depth")
    parser.add_argument("target", help="the folder to write to, one run per folder of the source")
    arguments = parser.parse_args(argv)
    try:
        made = convert(arguments.source, arguments.target)
    except (LogError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for path in made:
        sys.stdout.write(f"{path}\n")
    sys.stdout.write(f'{len(made)} runs; look at them with: python -m pyexp.viewer "{arguments.target}"\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
