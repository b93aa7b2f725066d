"""Moving over from TensorBoard: its writer's method names on our log, and its files turned into ours.

Owns the two doors, `SummaryWriter` and `convert`. Needs neither TensorBoard nor tensorboardX.
"""

from __future__ import annotations

from pyexp.tensorboard.conversion.conversion import convert
from pyexp.tensorboard.writing.summary_writer import SummaryWriter

__all__ = ["SummaryWriter", "convert"]
