"""The viewer shows what an earlier version wrote: see `tests/golden`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("aiohttp", reason='the viewer needs its extra: pip install "pyexp[viewer]"')
pytest.importorskip("watchfiles", reason='the viewer needs its extra: pip install "pyexp[viewer]"')

from e2e.support_golden import OLDER, STATES, copy_batches
from viewer_server import served

if TYPE_CHECKING:
    from viewer_server import Client

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def catalog_of(client: Client) -> dict[tuple[str, str], list[dict]]:
    """The runs of each batch, in their order, by experiment and timestamp."""
    catalog = await client.json("/api/catalog")
    assert catalog["notice"] is None
    return {
        (batch["experiment"], batch["timestamp"]): sorted(
            (run for run in catalog["runs"] if run["batch"] == batch["id"]), key=lambda run: run["position"]
        )
        for batch in catalog["batches"]
    }


async def test_the_catalog(tmp_path):
    async with served(copy_batches(tmp_path)) as client:
        batches = await catalog_of(client)
        assert [run["name"] for run in batches.pop(("swept", OLDER))] == ["mlp_short", "mlp_wide"]
        shown = {
            experiment: [(run["status"], run["attempts"]) for run in runs] for (experiment, _), runs in batches.items()
        }
        assert shown == {
            experiment: [(status, attempts) for status, _, attempts in states.values()]
            for experiment, states in STATES.items()
        }
        names = {experiment: [run["name"] for run in runs] for (experiment, _), runs in batches.items()}
        assert names.pop("damaged")[:4] == ["whole", "flipped-result", "cut-result", "altered-config"]
        assert names == {experiment: list(states) for experiment, states in STATES.items() if experiment != "damaged"}


async def test_a_sweep(tmp_path):
    async with served(copy_batches(tmp_path, "swept")) as client:
        batches = {batch["timestamp"]: batch for batch in (await client.json("/api/catalog"))["batches"]}
        older = batches.pop(OLDER)
        assert (older["shape"], older["axes"]) == ([1, 2], {"axis0": ["mlp"], "axis1": ["short", "wide"]})
        ((_, batch),) = batches.items()
        assert (batch["shape"], batch["live"], batch["total"]) == ([1, 2, 3], False, 6)
        assert batch["axes"] == {"axis0": ["mlp"], "learning_rate": [0.5, 0.25], "model.width": [8, 16, 32]}
        run = (await client.runs())["mlp_learning_rate=0.25_model.width=16"]["id"]
        (series,) = (await client.frame("/api/series", tag=await client.tag("loss"), runs=run)).series
        assert series.columns["step"] == [0, 1, 2, 3]
        assert series.columns["value"] == [0.25, 0.125, 0.25 / 3, 0.0625]
        texts = await client.json("/api/texts", tag=await client.tag("note", "texts"), runs=run)
        assert [entry["text"] for entry in texts["runs"][0]["entries"]] == ["width 16"]


async def test_each_state(tmp_path):
    async with served(copy_batches(tmp_path, "states")) as client:
        runs = await client.runs()
        shown = {name: await client.json("/api/run", run=run["id"]) for name, run in runs.items()}
        ends = {name: (run["status"], run["exit"], run["signal"], run["host"]) for name, run in shown.items()}
        assert ends == {
            "passed": ("passed", None, None, "golden-host"),
            "failed": ("failed", None, None, "golden-host"),
            "failed-twice": ("failed", None, None, "golden-host"),
            "exited": ("failed", 3, None, "golden-host"),
            "killed": ("failed", None, "SIGKILL", "golden-host"),
            "retried": ("passed", None, None, "golden-host"),
            "timed-out": ("timeout", None, None, "golden-host"),
            "interrupted": ("interrupted", None, None, "golden-host"),
            "orphaned": ("interrupted", None, None, "golden-host"),
            "pending": ("pending", None, None, None),
        }
        assert shown["failed"]["error"] == "ValueError: this run fails"
        assert shown["failed"]["full_error"].endswith("ValueError: this run fails\non two lines\n")
        assert {key: shown["killed"]["config"][key] for key in ("name", "ending")} == {
            "name": "killed",
            "ending": "kill",
        }
        assert (await client.json("/api/log", run=runs["killed"]["id"]))["text"] == "about to kill\n"
        progress = await client.frame("/api/series", tag=await client.tag("progress"), runs=await client.run_ids())
        logged = {series.run: series.columns["value"][-3:] for series in progress.series}
        assert logged == {run["id"]: [0.0, 0.5, 1.0] for name, run in runs.items() if name != "pending"}


@pytest.mark.parametrize("name", ["protobuf", "jsonl"])
async def test_everything_that_is_logged(tmp_path, name):
    async with served(copy_batches(tmp_path, "logged")) as client:
        run = (await client.runs())[name]["id"]
        tags = await client.json("/api/tags", runs=run)
        ids = {(kind, tag["name"]): tag["id"] for kind in tags if isinstance(tags[kind], list) for tag in tags[kind]}
        assert set(ids) == {
            *(("scalars", tag) for tag in ("train/loss", "odd: ünïcode 🙂", "strange")),
            *(("figures", tag) for tag in ("plots/line", "plotly")),
            *(("texts", "note"), ("images", "image"), ("histograms", "histogram"), ("tables", "table")),
        }
        (strange,) = (await client.frame("/api/series", tag=ids["scalars", "strange"], runs=run)).series
        zero, nan, *rest = strange.columns["value"]
        assert (zero, math.isnan(nan), rest) == (0.0, True, [math.inf, -math.inf, -1.5])
        whole = await client.get("/api/text", run=run, tag=ids["texts", "note"], index=0)
        assert whole.text == "line one\nümläut 🙂"
        for kind, tag in (("figures", "plots/line"), ("images", "image")):
            picture = await client.get("/api/picture", kind=kind, run=run, tag=ids[kind, tag], index=0)
            assert picture.data.startswith(b"\x89PNG")
        plotly = await client.json("/api/plotly", run=run, tag=ids["figures", "plotly"], index=0)
        assert plotly["data"][0]["y"] == [1, 2]
        (counts,) = (await client.json("/api/histograms", run=run, tag=ids["histograms", "histogram"]))["entries"]
        assert (counts["edges"], counts["counts"], counts["step"]) == ([0.0, 1.0, 2.0], [1, 3], 4)
        table = await client.json("/api/table", run=run, tag=ids["tables", "table"])
        assert (table["columns"], table["rows"]) == (["a", "b", "c"], [[1, "x", None], [2.5, None, None]])
        checkpoints = (await client.json("/api/run", run=run))["checkpoints"]
        assert {(row["name"], row["entries"]) for row in checkpoints} == {
            ("model/state", 1),
            ("grid", 1),
            ("states", 1),
        }


@pytest.mark.parametrize(("name", "ticks"), [("ticks", 40), ("torn", 27), ("jsonl-torn", 24)])
async def test_torn_logs(tmp_path, name, ticks):
    async with served(copy_batches(tmp_path, "logged")) as client:
        run = (await client.runs())[name]["id"]
        (series,) = (await client.frame("/api/series", tag=await client.tag("tick"), runs=run)).series
        assert series.columns["value"] == [step / 4 for step in range(ticks)]
