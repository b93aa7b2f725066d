"""Groups over all the runs that are asked for, as frames."""

from __future__ import annotations

import json

import numpy as np
import pytest

from browser.records import record
from pyexp.log import Logger
from pyexp.task import Status
from viewer_server import served

pytestmark = pytest.mark.anyio


def bias(root) -> None:
    """24 runs: what they log depends on the width alone."""
    shape = [(lr, width, seed) for lr in (1, 2, 3) for width in (10, 20) for seed in range(4)]
    configs = [{"name": f"r{k}", "lr": lr, "width": width, "seed": seed} for k, (lr, width, seed) in enumerate(shape)]
    with record(root, configs) as batch:
        for position, config in enumerate(configs):
            with batch.logger(position) as logger:
                for step in range(5 if position == 7 else 10):
                    logger.set_global_it(step)
                    logger.add_scalar("accuracy", config["width"] + step)
            batch.set(position, Status.PASSED)


async def groups(client, **wishes):
    place = {"tag": await client.tag("accuracy"), "runs": await client.run_ids()}
    frame = await client.frame("/api/groups", **place, **wishes)
    return frame, {series.group: series for series in frame.series}


@pytest.mark.slow
async def test_by_one_key_of_a_sweep(tmp_path) -> None:
    bias(tmp_path)
    async with served(tmp_path) as client:
        frame, found = await groups(client, keys='["lr"]')
    assert [(group["group"], group["of"], len(group["runs"])) for group in frame.header["groups"]] == [
        (lr, 8, 8) for lr in "123"
    ]
    for series in found.values():
        assert (series.columns["value"][0], series.columns["low"][0], series.columns["high"][0]) == (15, 10, 20)
        assert series.columns["count"][0] == 8
    assert found["1"].columns["count"] == [8] * 5 + [7] * 5


@pytest.mark.slow
async def test_by_several_keys_and_by_all_but_one(tmp_path) -> None:
    bias(tmp_path)
    async with served(tmp_path) as client:
        _, named = await groups(client, keys='["lr","width"]')
        _, rest = await groups(client, keys='["seed"]', but=1)
    assert list(named) == list(rest) == [f"lr={lr} · width={width}" for lr in (1, 2, 3) for width in (10, 20)]
    assert rest["lr=1 · width=20"].columns["count"] == [4] * 5 + [3] * 5
    assert rest["lr=1 · width=20"].fields["of"] == 4


async def test_hyper_parameters_in_a_log_are_config(tmp_path) -> None:
    for name, lr in (("a", 0.1), ("b", 0.2), ("c", 0.1)):
        with Logger(tmp_path / name) as logger:
            logger.add_hparams({"lr": lr})
            logger.add_scalar("accuracy", 1.0)
    async with served(tmp_path) as client:
        _, found = await groups(client, keys='["lr"]')
        assert {label: series.fields["of"] for label, series in found.items()} == {"0.1": 2, "0.2": 1}
        configs = await client.json("/api/configs", runs=await client.run_ids())
        assert configs["keys"] == [{"key": "lr", "differs": True}]


async def test_a_long_curve_keeps_where_the_count_changes(tmp_path) -> None:
    for name, count in (("a", 9_000), ("b", 4_321)):
        with Logger(tmp_path / name) as logger:
            for step in range(count):
                logger.set_global_it(step)
                logger.add_scalar("accuracy", step)
    async with served(tmp_path) as client:
        _, found = await groups(client, keys='["lr"]', points=100)
    (series,) = found.values()
    count = dict(zip(series.columns["step"], series.columns["count"], strict=True))
    assert len(count) < 200
    assert (count[4_320], count[4_321]) == (2, 1)


@pytest.mark.slow
async def test_smoothing_is_done_over_all_points(tmp_path) -> None:
    bias(tmp_path)
    async with served(tmp_path) as client:
        _, found = await groups(client, keys='["width"]', weight=0.99)
    total = mass = 0.0
    for step, value in enumerate(found["10"].columns["value"]):
        kept = 0.99 ** (1 / (9 / 1000))
        total, mass = total * kept + 10 + step, mass * kept + 1
        assert value == pytest.approx(total / mass, rel=1e-9)


@pytest.mark.slow
async def test_the_envelope_holds_all_runs(tmp_path) -> None:
    for name in range(40):
        with Logger(tmp_path / f"run{name}") as logger:
            logger.add_scalar("accuracy", float(name**2))
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("accuracy"), "runs": await client.run_ids()}
        (series,) = (await client.frame("/api/envelope", **place)).series
    values = [k**2 for k in range(40)]
    found = [series.columns[name][0] for name in ("value", "low", "high", "inner_low", "inner_high")]
    assert found == pytest.approx(np.quantile(values, [0.5, 0.05, 0.95, 0.25, 0.75]).tolist(), rel=1e-12)
    assert series.columns["count"] == [40]


@pytest.mark.parametrize(
    "wish",
    [
        {"keys": ""},
        {"keys": "lr"},
        {"keys": "[]"},
        {"keys": "[1]"},
        {"keys": json.dumps(["x" * 2000])},
        {"keys": '["lr"]', "but": "2"},
        {"keys": '["lr"]', "weight": "1"},
        {"keys": '["lr"]', "weight": "-0.1"},
        {"keys": '["lr"]', "weight": "nan"},
        {"keys": '["lr"]', "centre": "mode"},
        {"keys": '["lr"]', "band": "x"},
    ],
)
async def test_what_cannot_be_asked_is_refused(tmp_path, wish) -> None:
    async with served(tmp_path) as client:
        await client.json("/api/groups", status=400, tag=1, runs="1", **wish)
