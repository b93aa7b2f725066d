"""Real distributed training inside a run: torchrun and DDP on the CPU, and what torch's generators do in forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pyexp
from pyexp import LogReader

pytest.importorskip("torch", reason="`tox -e torch` has it; its wheels are gigabytes")

SOURCE = Path(pyexp.__file__).parents[1]

DDP = """
import os, subprocess, sys
import pyexp
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

@pyexp.experiment(name="ddp", stash=False)
def experiment(config, logger, out):
    if "RANK" not in os.environ:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *sys.argv]
        subprocess.run(command, check=True)
        return torch.load(out / "model.pt")
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(0)
    model = DistributedDataParallel(torch.nn.Linear(4, 1))
    optimiser = torch.optim.SGD(model.parameters(), lr=config.lr)
    torch.manual_seed(rank)
    for step in range(5):
        loss = model(torch.randn(8, 4)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        logger.set_global_it(step)
        logger.add_scalar("loss", loss)
    weights = [torch.zeros_like(model.module.weight) for _ in range(2)]
    dist.all_gather(weights, model.module.weight.detach())
    if rank == 0:
        torch.save({"equal": bool(torch.equal(*weights)), "world": dist.get_world_size()}, out / "model.pt")
    dist.destroy_process_group()

experiment.configs(lambda: [{"name": f"lr{lr}", "lr": lr} for lr in (0.1, 0.01, 0.001)])

@experiment.report
def report(results):
    import json
    print(json.dumps([r.result or r.error for r in results]))

if __name__ == "__main__":
    experiment.run()
"""

SEEDS = """
import json
import pyexp
import torch

if SEEDED:
    torch.manual_seed(0)

@pyexp.experiment(name="draws", stash=False, jobs=2)
def experiment(config):
    return torch.rand(1).item()

experiment.configs(lambda: [{"name": f"c{x}", "x": x} for x in range(4)])
experiment.report(lambda results: print(json.dumps([r.result for r in results])))

if __name__ == "__main__":
    experiment.run()
"""


# As most people have it: in a repository, with what multiprocessing starts.
IN_A_REPOSITORY = """
import json
import pyexp
import torch
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor(index**2)

def add_rank(rank, queue):
    queue.put(OFFSET + rank)

OFFSET = 10

@pyexp.experiment(name="loads")
def experiment(config):
    if config.how == "torch":
        queue = torch.multiprocessing.get_context("spawn").SimpleQueue()
        torch.multiprocessing.spawn(add_rank, (queue,), nprocs=2)
        return sum(queue.get() for _ in range(2))
    loader = DataLoader(Squares(), batch_size=4, num_workers=2, multiprocessing_context=config.how)
    return int(sum(batch.sum() for batch in loader))

experiment.configs(lambda: [{"name": how, "how": how} for how in ("torch", "fork", "spawn", "forkserver")])
experiment.report(lambda results: print(json.dumps([r.result or r.error for r in results])))

if __name__ == "__main__":
    experiment.run()
"""


def run(folder: Path, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
    (folder / "main.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "main.py", *flags], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_torchrun_inside_each_run_of_a_sweep(tmp_path):
    done = run(tmp_path, DDP, "-j", "1")
    assert json.loads(done.stdout) == [{"equal": True, "world": 2}] * 3, done.stderr
    (batch,) = (tmp_path / "out" / "ddp").iterdir()
    for folder in batch.glob("lr*"):
        assert [step for step, _ in LogReader(folder).load_scalars("loss")] == list(range(5))


@pytest.mark.parametrize("executor", ["subprocess", "forkserver", "fork", "inline"])
@pytest.mark.parametrize("is_edited", [True, False])
def test_torch_and_its_processes_in_a_repository(tmp_path, executor, is_edited):
    (tmp_path / "main.py").write_text("")
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    if not is_edited:
        (tmp_path / "main.py").write_text(IN_A_REPOSITORY)
        subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)

    done = run(tmp_path, IN_A_REPOSITORY, "--executor", executor, "-j", "1")

    assert json.loads(done.stdout) == [21, 140, 140, 140]


@pytest.mark.parametrize("executor", ["subprocess", "forkserver", "fork"])
@pytest.mark.parametrize("is_seeded", [True, False])
def test_a_seeded_script_stays_seeded_and_others_differ(tmp_path, executor, is_seeded):
    draws = json.loads(run(tmp_path, f"SEEDED = {is_seeded}\n" + SEEDS, "--executor", executor).stdout)
    assert len(set(draws)) == (1 if is_seeded else 4)
