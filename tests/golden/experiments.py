"""The experiments behind the golden batches: they made them, and they open, report and continue them today.

Owns the sweeps, the odd names, and the list of all; the others are in the modules beside. While the batches were made
(`make.py` sets ``GOLDEN_MAKING``) some runs failed on purpose; now each of them passes. What a run executes is noted in
files of its folder, so that a test can tell.
"""

from golden.logs import logged
from golden.noting import note
from golden.script import scripted
from golden.states import damaged, states
from golden.steps import staged, streaming, training
from golden.values import values
from pyexp import experiment, sweep

# A sweep: 1 × 2 × 3 with axes, and an older batch with an axis that nobody named.


@experiment(stash=False, executor="inline")
def swept(config, logger):
    note(config.out, "executions")
    for step in range(config.steps):
        logger.set_global_it(step)
        logger.add_scalar("loss", config.learning_rate / (step + 1))
    logger.add_text("note", f"width {config.model.width}")
    return {"accuracy": config.learning_rate * config.model.width, "width": config.model.width}


def variant_configs():
    base = [{"name": "mlp", "steps": 2, "learning_rate": 0.5, "model": {"width": 4}}]
    return sweep(base, [{"name": "short", "steps": 1}, {"name": "wide", "model.width": 64, "learning_rate": 0.25}])


@swept.configs
def swept_configs():
    base = sweep([{"name": "mlp", "steps": 4, "model": {}}], {"learning_rate": [0.5, 0.25]})
    return sweep(base, {"model.width": [8, 16, 32]})


@swept.report
def swept_report(results, report_dir):
    lines = [f"{r.name} {r.status} {r.result['accuracy'] if r.ok else '-'}" for r in results]
    (report_dir / "table.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


# Names that are no names of folders.


@experiment(stash=False, executor="inline")
def named(config):
    note(config.out, "executions")
    return config.name


@named.configs
def named_configs():
    odd = [
        "lr:0.1/x",
        "../..",
        "nul.txt",
        " ",
        "a",
        "A",
        "-dash",
        "ünïcode 🙂",
        'quo"te',
        "two\nlines",
        "007",
        "x~2",
        "a.",
    ]
    return [*({"name": name} for name in odd), {"seed": 1}]


RUNNERS = {
    "values": values,
    "scripted": scripted,
    "swept": swept,
    "states": states,
    "damaged": damaged,
    "named": named,
    "staged": staged,
    "Training": training,
    "Streaming": streaming,
    "logged": logged,
}
