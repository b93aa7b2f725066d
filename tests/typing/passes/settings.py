"""Each setting takes what the runner takes."""

from __future__ import annotations

from pathlib import Path

from pyexp import Config, ForkExecutor, experiment


@experiment(
    name=None,
    output_dir=Path("out"),
    executor=ForkExecutor(),
    jobs=None,
    gpus=0,
    retries=1,
    timeout=1,
    capture="no",
    viewer=True,
    viewer_port=0,
    stash=False,
    strict=True,
    fail_fast=True,
)
def all_of_them(config: Config) -> int:
    return int(config.x)


all_of_them.run(filter="a|b", dry_run=True, continue_run="latest", report_run=None, jobs=4, output_dir="out", argv=[])
all_of_them.run(continue_run=True, timeout=0.5, capture=False, executor="ray://head:10001")
