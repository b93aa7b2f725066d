"""What the data routes answer, on real logs."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from pyexp.config.config import Config
from pyexp.log import Logger
from pyexp.store.status import save_status
from pyexp.sweeps.identity import encode_config
from pyexp.task import RunState, Status
from viewer_server import served

pytestmark = pytest.mark.anyio


def log_run(folder, *, points=10, scale=1.0, tags=("loss",), config=None):
    folder.mkdir(parents=True, exist_ok=True)
    with Logger(folder) as logger:
        for step in range(points):
            logger.set_global_it(step)
            for tag in tags:
                logger.add_scalar(tag, scale * step)
    if config is not None:
        (folder / "config.json").write_bytes(encode_config(Config(config)))


async def test_a_short_series_comes_raw(tmp_path):
    log_run(tmp_path / "a", points=7, scale=0.5)
    async with served(tmp_path) as client:
        frame = await client.frame("/api/series", tag=await client.tag("loss"), runs=await client.run_ids())
        (series,) = frame.series
        assert frame.header["kind"] == "series"
        assert (series.total, series.sampled, series.replace) == (7, False, True)
        assert series.columns["step"] == list(range(7))
        assert series.columns["value"] == [0.5 * step for step in range(7)]
        assert all(1e9 < at < 1e11 for at in series.columns["time"])


@pytest.mark.slow
async def test_a_long_series_keeps_its_extremes_and_zooms_to_raw(tmp_path):
    with Logger(tmp_path / "a") as logger:
        for step in range(20_000):
            logger.set_global_it(step)
            logger.add_scalar("loss", {7_777: 1e6, 13_333: -1e6}.get(step, math.sin(step)))
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("loss"), "runs": await client.run_ids()}
        (series,) = (await client.frame("/api/series", **place)).series
        assert series.total == 20_000
        assert series.sampled
        assert 250 <= series.points <= 1_100
        points = dict(zip(series.columns["step"], series.columns["value"], strict=True))
        assert (points[7_777], points[13_333], points[0]) == (1e6, -1e6, 0.0)
        assert 19_999 in points
        (zoomed,) = (await client.frame("/api/series", **place, from_=7_700, to=7_900)).series
        assert zoomed.columns["step"] == list(range(7_699, 7_902))
        (open_ended,) = (await client.frame("/api/series", **place, from_=19_990)).series
        assert open_ended.columns["step"] == list(range(19_989, 20_000))
        (fewer,) = (await client.frame("/api/series", **place, points=40)).series
        assert fewer.points < 60


async def test_zoom_works_along_time(tmp_path):
    log_run(tmp_path / "a", points=100)
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("loss"), "runs": await client.run_ids()}
        (whole,) = (await client.frame("/api/series", **place)).series
        times = whole.columns["time"]
        (part,) = (await client.frame("/api/series", **place, axis="wall", from_=times[50], to=times[50])).series
        assert 50 in part.columns["step"]
        (part,) = (await client.frame("/api/series", **place, axis="relative", from_=0, to=1e9)).series
        assert part.points == 100


async def test_nan_and_infinity_arrive_as_they_are(tmp_path):
    with Logger(tmp_path / "a") as logger:
        for step, value in enumerate([1.0, math.nan, math.inf, -math.inf, 2.0]):
            logger.set_global_it(step)
            logger.add_scalar("loss", value)
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("loss"), "runs": await client.run_ids()}
        values = (await client.frame("/api/series", **place)).series[0].columns["value"]
        assert math.isnan(values[1])
        assert [values[0], *values[2:]] == [1.0, math.inf, -math.inf, 2.0]
        (row,) = (await client.json("/api/stats", tags=place["tag"], runs=place["runs"]))["rows"]
        assert (row["count"], row["last"], row["min"], row["max"]) == (5, 2.0, 1.0, 2.0)


async def test_unknown_ids_are_left_out_of_lists_and_else_not_found(tmp_path):
    log_run(tmp_path / "a")
    async with served(tmp_path) as client:
        tag, runs = await client.tag("loss"), await client.run_ids()
        assert (await client.frame("/api/series", tag=tag, runs="1,2")).series == []
        assert (await client.frame("/api/series", tag=5, runs=runs)).series == []
        assert len((await client.frame("/api/series", tag=tag, runs=f"1,{runs}")).series) == 1
        missing = await client.json("/api/run", run=1, status=404)
        assert missing == await client.json("/api/text", run=runs, tag=tag, index=0, status=404)
        assert missing == await client.json("/api/nowhere", status=404)
        assert missing["status"] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"axis": "sideways"},
        {"from_": "x"},
        {"from_": "nan"},
        {"points": "many"},
        {"colour": "red"},
    ],
)
async def test_bad_parameters_are_named(tmp_path, query):
    async with served(tmp_path) as client:
        answer = await client.json("/api/series", status=400, tag=1, runs=1, **query)
        assert next(iter(query)).rstrip("_") in answer["error"]


async def test_too_many_ids_are_refused(tmp_path):
    async with served(tmp_path) as client:
        runs = ",".join(str(2**53 - place) for place in range(1, 1_001))
        assert (await client.frame("/api/series", tag=1, runs=runs)).series == []
        answer = await client.json("/api/series", status=413, tag=1, runs=runs + ",1")
        assert "1,000" in answer["error"]


async def test_tags_are_listed_in_natural_order_with_counts(tmp_path):
    log_run(tmp_path / "a", tags=("layer10/w", "layer2/w", "loss"))
    log_run(tmp_path / "b", tags=("loss",))
    with Logger(tmp_path / "b") as logger:
        logger.add_text("note", "hello")
    async with served(tmp_path) as client:
        tags = await client.json("/api/tags", runs=await client.run_ids())
        assert [(tag["name"], tag["runs"]) for tag in tags["scalars"]] == [
            ("layer2/w", 1),
            ("layer10/w", 1),
            ("loss", 2),
        ]
        assert [tag["name"] for tag in tags["texts"]] == ["note"]
        assert (tags["figures"], tags["notice"]) == ([], None)


async def test_groups_hold_mean_and_population_deviation(tmp_path):
    for name, rate, scale in (("a", 0.1, 1.0), ("b", 0.1, 3.0), ("c", 0.2, 5.0)):
        log_run(tmp_path / name, points=4, scale=scale, config={"name": name, "optimizer": {"lr": rate}})
    log_run(tmp_path / "d", points=2, scale=7.0, config={"name": "d"})
    async with served(tmp_path) as client:
        ids = {name: run["id"] for name, run in (await client.runs()).items()}
        place = {"tag": await client.tag("loss"), "runs": ",".join(map(str, ids.values()))}
        frame = await client.frame("/api/groups", **place, keys='["optimizer.lr"]')
        groups = {series.group: series for series in frame.series}
        assert set(groups) == {"0.1", "0.2", "—"}
        assert set(groups["0.1"].runs) == {ids["a"], ids["b"]}
        assert groups["0.1"].columns == {
            "step": [0, 1, 2, 3],
            "value": [0, 2, 4, 6],
            "count": [2, 2, 2, 2],
            "broken": [0, 0, 0, 0],
            "low": [0, 1, 2, 3],
            "high": [0, 3, 6, 9],
        }
        assert groups["—"].columns["value"] == [0, 7]


async def test_csv_holds_every_point_and_no_formula(tmp_path):
    log_run(tmp_path / "=cmd()", points=3_000)
    async with served(tmp_path) as client:
        answer = await client.get("/api/csv", tag=await client.tag("loss"), runs=await client.run_ids())
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [float(row["value"]) for row in rows] == list(range(3_000))
        assert rows[0]["run"] == "'=cmd()"
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


async def test_csv_tells_apart_runs_of_the_same_name(tmp_path):
    for batch in ("first", "second"):
        log_run(tmp_path / batch / "run", points=1, scale=0)
    async with served(tmp_path) as client:
        ids = ",".join(str(run["id"]) for run in (await client.json("/api/catalog"))["runs"])
        answer = await client.get("/api/csv", tag=await client.tag("loss"), runs=ids)
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert sorted((row["batch"], row["run"]) for row in rows) == [("first", "run"), ("second", "run")]


async def test_texts_come_newest_last_and_whole_on_demand(tmp_path):
    with Logger(tmp_path / "a") as logger:
        for step in range(30):
            logger.set_global_it(step)
            logger.add_text("note", f"text {step}")
        logger.set_global_it(30)
        logger.add_text("note", "<b>x</b>" * 10_000)
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("note", "texts"), "runs": await client.run_ids()}
        (run,) = (await client.json("/api/texts", **place, limit=2))["runs"]
        assert (run["total"], [entry["index"] for entry in run["entries"]]) == (31, [29, 30])
        assert run["entries"][0]["text"] == "text 29"
        assert (run["entries"][1]["cut"], run["entries"][1]["length"]) == (True, 80_000)
        assert len(run["entries"][1]["text"]) == 20_000
        (run,) = (await client.json("/api/texts", **place, limit=2, before=29))["runs"]
        assert [entry["index"] for entry in run["entries"]] == [27, 28]
        (run,) = (await client.json("/api/texts", **place, step=12))["runs"]
        assert [entry["step"] for entry in run["entries"]] == [12]
        (run,) = (await client.json("/api/entries", kind="texts", **place))["runs"]
        assert [entry["step"] for entry in run["entries"]] == list(range(31))
        whole = await client.get("/api/text", run=place["runs"], tag=place["tag"], index=30)
        assert whole.text == "<b>x</b>" * 10_000
        assert whole.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_images_histograms_and_tables(tmp_path):
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
    (tmp_path / "dot.png").write_bytes(png)
    with Logger(tmp_path / "a") as logger:
        for step in range(3):
            logger.set_global_it(step)
            logger.add_image("sample", tmp_path / "dot.png")
            logger.add_histogram("weights", [1.0, 2.0, 2.0, 3.0])
            logger.add_table("best", {"name": ["x", None], "score": [step, math.nan]})
    async with served(tmp_path) as client:
        runs = await client.run_ids()
        tag = await client.tag("sample", "images")
        (run,) = (await client.json("/api/entries", kind="images", tag=tag, runs=runs))["runs"]
        assert [(entry["index"], entry["step"], entry["type"]) for entry in run["entries"]] == [
            (0, 0, "image"),
            (1, 1, "image"),
            (2, 2, "image"),
        ]
        picture = await client.get("/api/picture", kind="images", run=runs, tag=tag, index=1)
        assert (picture.headers["Content-Type"], picture.data) == ("image/png", png)
        await client.get("/api/picture", kind="images", run=runs, tag=tag, index=3, status=404)
        await client.get("/api/picture", kind="images", run=runs, tag=tag, index=-1, status=404)
        found = await client.json("/api/histograms", tag=await client.tag("weights", "histograms"), run=runs, limit=2)
        assert found["total"] == 3
        assert [entry["index"] for entry in found["entries"]] == [0, 2]
        assert sum(found["entries"][0]["counts"]) == 4
        assert len(found["entries"][0]["edges"]) == len(found["entries"][0]["counts"]) + 1
        table = await client.json("/api/table", tag=await client.tag("best", "tables"), run=runs)
        assert (table["index"], table["columns"], table["rows"]) == (2, ["name", "score"], [["x", 2], [None, "nan"]])
        table = await client.json("/api/table", tag=await client.tag("best", "tables"), run=runs, index=0)
        assert table["rows"][0] == ["x", 0]


async def test_configs_are_compared(tmp_path):
    log_run(tmp_path / "a", config={"name": "a", "lr": 0.1, "model": {"size": 3, "act": "relu"}, "x": float("nan")})
    log_run(tmp_path / "b", config={"name": "b", "lr": 0.2, "model": {"size": 3}, "x": float("nan")})
    async with served(tmp_path) as client:
        found = await client.json("/api/configs", runs=await client.run_ids())
        assert {key["key"]: key["differs"] for key in found["keys"]} == {
            "lr": True,
            "model.size": False,
            "model.act": True,
            "x": False,
        }
        names = {run["id"]: name for name, run in (await client.runs()).items()}
        keys = [key["key"] for key in found["keys"]]
        rows = {names[row["run"]]: dict(zip(keys, row["values"], strict=True)) for row in found["rows"]}
        assert rows["a"]["model.act"] == "relu"
        assert rows["b"]["model.act"] is None
        assert (rows["a"]["x"], rows["a"]["lr"], rows["b"]["model.size"]) == ("nan", "0.1", "3")


async def test_one_run_is_told_in_full(tmp_path):
    log_run(tmp_path / "a", config={"name": "a", "sizes": [1, 2], "deep": {"er": None}})
    save_status(tmp_path / "a" / "status.json", RunState(status=Status.FAILED, error="E: x\ntrace", signal="SIGSEGV"))
    with Logger(tmp_path / "a") as logger:
        logger.add_checkpoint("model", {"w": 1})
    async with served(tmp_path) as client:
        run = await client.json("/api/run", run=await client.run_ids())
        assert (run["error"], run["full_error"], run["signal"]) == ("E: x", "E: x\ntrace", "SIGSEGV")
        assert run["config"] == {"name": "a", "sizes": [1, 2], "deep": {"er": None}}
        assert [(c["name"], c["entries"]) for c in run["checkpoints"]] == [("model", 1)]


async def test_damaged_records_are_counted(tmp_path):
    for name in ("good", "bad"):
        log_run(tmp_path / name, points=1_000)
    path = tmp_path / "bad" / "events.pb"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF  # a value
    path.write_bytes(data)
    async with served(tmp_path) as client:
        runs = await client.runs()
        assert (await client.json("/api/run", run=runs["good"]["id"]))["log"]["damage"] == {}
        place = {"tag": await client.tag("loss"), "runs": runs["bad"]["id"]}
        await client.frame("/api/series", **place)
        found = await client.json("/api/run", run=runs["bad"]["id"])
        assert found["log"]["damage"][str(runs["bad"]["id"])] >= 1


async def test_output_is_read_in_pieces(tmp_path):
    log_run(tmp_path / "a")
    (tmp_path / "a" / "log.out").write_text("one\ntwo\nthree\n")
    async with served(tmp_path) as client:
        run = await client.run_ids()
        tail = await client.json("/api/log", run=run, tail=6)
        assert tail == {"run": int(run), "start": 8, "end": 14, "size": 14, "text": "three\n"}
        piece = await client.json("/api/log", run=run, from_=4, limit=4)
        assert (piece["start"], piece["end"], piece["text"]) == (4, 8, "two\n")


async def test_the_line_format_is_served_too(tmp_path):
    with Logger(tmp_path / "a", use_protobuf=False) as logger:
        for step in range(5):
            logger.set_global_it(step)
            logger.add_scalar("loss", step / 2)
        logger.add_text("note", "hi")
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("loss"), "runs": await client.run_ids()}
        (series,) = (await client.frame("/api/series", **place)).series
        assert series.columns["value"] == [0, 0.5, 1, 1.5, 2]


@pytest.mark.slow
async def test_the_shell_and_its_files_are_served_with_checksums(tmp_path):
    async with served(tmp_path) as client:
        async with client.session.get(client.base + "/") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            etag = answer.headers["ETag"]
        async with client.session.get(client.base + "/", headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304
        async with client.session.get(client.base + "/static/plotly-full.js") as answer:
            assert (answer.status, answer.content_type) == (200, "text/javascript")
            assert len(await answer.read()) > 1_000_000


async def test_hello_tells_the_limits(tmp_path):
    async with served(tmp_path) as client:
        hello = await client.json("/api/hello")
        assert hello["root"] == tmp_path.name
        assert hello["token"] is True
        assert hello["limits"] == {"runs": 1000, "tags": 5000, "points": 1000}


async def test_answers_are_strict_json(tmp_path):
    log_run(tmp_path / "a", config={"name": "a", "x": float("inf"), "y": [float("nan")]})

    def refuse(name):
        raise AssertionError(name)

    async with served(tmp_path) as client:
        for path in (
            "/api/catalog",
            f"/api/configs?runs={await client.run_ids()}",
            f"/api/run?run={await client.run_ids()}",
        ):
            json.loads((await client.get(path)).text, parse_constant=refuse)
