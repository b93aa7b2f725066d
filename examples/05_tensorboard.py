"""Moving over from TensorBoard: old logs become pyexp's, and programs go on with the method names that they use.

python examples/05_tensorboard.py                       # both ways of moving, with a log made up here
python -m pyexp.tensorboard runs/ converted/            # what to type for logs of your own
python -m pyexp.viewer converted/
"""

import math
import sys
import tempfile
from pathlib import Path

from pyexp import LogReader
from pyexp.tensorboard import SummaryWriter, convert


def train(writer):
    """A training loop as it is written for the SummaryWriter of tensorboardX or PyTorch."""
    for step in range(100):
        writer.add_scalar("loss", math.exp(-step / 30), step)
        writer.add_scalars("accuracy", {"train": 1 - math.exp(-step / 20), "test": 1 - math.exp(-step / 25)}, step)
    writer.add_text("note", "trained for 100 steps", 99)
    writer.add_hparams({"learning_rate": 0.1}, {"final_loss": math.exp(-99 / 30)})
    writer.close()


def main(folder: Path):
    # The first way: change one import. The loop above stays as it is and writes a pyexp log.
    train(SummaryWriter(folder / "new" / "run"))
    run = LogReader(folder / "new").get_run("run")
    print("logged through SummaryWriter:", *sorted(run.scalar_tags))

    # The second way: convert what TensorBoard logged so far, steps and wall times included.
    try:
        from tensorboardX import SummaryWriter as TheirWriter
    except ImportError:
        print("tensorboardX is not installed: no log to convert here")
        return
    train(TheirWriter(str(folder / "runs" / "old")))
    for path in convert(folder / "runs", folder / "converted"):
        reader = LogReader(path)
        print(f"converted {path.relative_to(folder)}:", *sorted(reader.scalar_tags))
    step, loss = LogReader(folder / "converted").get_run("old")["loss"]
    print(f"the last loss is {loss:.4f}, at step {step}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
