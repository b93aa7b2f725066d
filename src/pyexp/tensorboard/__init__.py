"""Migration from TensorBoard: its writer's methods on our log, and conversion of its files to ours.

Owns the two entry points, `SummaryWriter` and `convert`. Needs neither TensorBoard nor tensorboardX.
"""

from __future__ import annotations

from pyexp.tensorboard.conversion.conversion import convert
from pyexp.tensorboard.writing.summary_writer import SummaryWriter

__all__ = ["SummaryWriter", "convert"]
