"""Migration from TensorBoard: its writer's methods on our log, and conversion of its files to ours.

Owns the entry points: `SummaryWriter`, `FileWriter`, `GlobalSummaryWriter` and `convert`. Needs neither TensorBoard nor
tensorboardX.
"""

from __future__ import annotations

from pyexp.tensorboard.conversion.conversion import convert
from pyexp.tensorboard.writing.file_writer import FileWriter
from pyexp.tensorboard.writing.global_writer import GlobalSummaryWriter
from pyexp.tensorboard.writing.summary_writer import SummaryWriter

__all__ = ["FileWriter", "GlobalSummaryWriter", "SummaryWriter", "convert"]
