"""Moving over from TensorBoard: its writer's method names on our log, and its files turned into ours.

Owns the doors: `SummaryWriter` with the two beside it, and `convert`. Needs neither TensorBoard nor tensorboardX.
"""

from __future__ import annotations

from pyexp.tensorboard.conversion.conversion import convert
from pyexp.tensorboard.writing.file_writer import FileWriter
from pyexp.tensorboard.writing.global_writer import GlobalSummaryWriter
from pyexp.tensorboard.writing.summary_writer import SummaryWriter

__all__ = ["FileWriter", "GlobalSummaryWriter", "SummaryWriter", "convert"]
