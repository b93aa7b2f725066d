"""A cluster of two nodes that share no file system with the driver or with one another."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from clusters.heads import can_hide, head, node
from pyexp import LogReader, RayExecutor
from support.experiments import make_runner, run_all, run_one
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(not can_hide(), reason="needs the right to unshare mounts")


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory):
    """A head and a node, each with a private file system over the tests' folders; runs are pinned by a resource."""
    hidden = [tmp_path_factory.getbasetemp()]
    with (
        head("--num-cpus=2", '--resources={"first": 2}', hidden=hidden) as cluster,
        node(cluster, "--num-cpus=2", '--resources={"second": 2}', hidden=hidden),
    ):
        yield cluster


@pytest.fixture(autouse=True)
def _project(monkeypatch):
    """The working directory that goes to the nodes: a small one that holds what the runs import."""
    monkeypatch.chdir(Path(__file__).parents[1])


@pytest.fixture(params=["first", "second"])
def on_node(request, two_nodes):
    """Gives executors whose runs are on one of the nodes."""
    return lambda: RayExecutor(two_nodes.address, resources={request.param: 1})


def write_much(config, out, logger):
    print("hello from afar")
    for it in range(100):
        logger.set_global_it(it)
        logger.add_scalar("loss", 1.0 / (it + 1))
    (out / "deep" / "deeper").mkdir(parents=True)
    (out / "deep" / "deeper" / "model.bin").write_bytes(bytes(range(256)) * 20_000)
    (out / "empty").touch()
    (out / "notes.txt").write_text("one\n")
    (out / "link").symlink_to("/etc/passwd")
    return str(out)


def test_everything_comes_home(on_node, tmp_path):
    result = run_one(write_much, {}, tmp_path, executor=on_node())

    assert result.error is None
    assert result.result != str(result.out)
    assert not Path(result.result).exists()
    assert result.log == "hello from afar\n"
    assert (result.out / "deep/deeper/model.bin").read_bytes() == bytes(range(256)) * 20_000
    assert (result.out / "empty").read_bytes() == b""
    assert (result.out / "notes.txt").read_text() == "one\n"
    assert not (result.out / "link").exists()
    assert len(LogReader(result.out).load_scalars("loss")) == 100
    left = {path.name for path in result.out.iterdir()} - {"deep", "empty", "notes.txt", ".pyexp", "events.pb"}
    assert left == {"config.json", "status.json", "result.pkl", "log.out"}


def wait_for_word(config, out, logger):
    logger.set_global_it(7)
    logger.add_scalar("loss", 0.5)
    (out / "artifact.bin").write_bytes(b"early")
    print("first line")
    deadline = time.monotonic() + 60
    while not Path(config.word).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return Path(config.word).exists()


def test_lines_events_and_artifacts_arrive_before_the_run_ends(on_node, tmp_path):
    # What the run waits for lies where nothing is hidden.
    word = Path("/var/tmp") / f"pyexp-word-{tmp_path.name}"
    runner = make_runner(wait_for_word, [{"word": str(word)}], tmp_path)
    outcomes = []
    batch = threading.Thread(target=lambda: outcomes.extend(runner.run(executor=on_node())))
    batch.start()
    try:
        log = wait_until(lambda: next(tmp_path.glob("exp/*/*/log.out"), None), timeout_s=60, what="the log")
        wait_until(lambda: log.read_text() == "first line\n", what="the first line")
        wait_until(lambda: (log.parent / "artifact.bin").is_file(), what="the artifact")
        wait_until(lambda: LogReader(log.parent).load_scalars("loss") == [(7, 0.5)], what="the scalar")
        assert not (log.parent / "result.pkl").exists()
    finally:
        word.touch()
        batch.join()
        word.unlink()
    assert [result.result for result in outcomes] == [True]


def flood(config):
    import sys

    for _ in range(config.blocks):
        sys.stdout.buffer.write(bytes(range(256)) * 256)
    return b"\1" * config.size


def test_flood_and_large_result_arrive_whole(on_node, tmp_path):
    result = run_one(flood, {"blocks": 320, "size": 50_000_000}, tmp_path, executor=on_node())

    assert result.error is None
    assert (result.out / "log.out").read_bytes() == bytes(range(256)) * 256 * 320
    assert result.result == b"\1" * 50_000_000


def count_starts(config, out, logger):
    """Fails the first time; finds then what it left."""
    starts = out / "starts.txt"
    logger.set_global_it(starts.stat().st_size if starts.exists() else 0)
    logger.add_scalar("start", 1)
    with starts.open("a") as file:
        file.write("x")
    if len(starts.read_text()) < 2:
        (out / "gone.bin").write_bytes(b"soon")
        raise RuntimeError("not yet")
    (out / "gone.bin").unlink()
    return starts.read_text()


def test_next_attempt_finds_what_the_last_one_left(on_node, tmp_path):
    result = run_one(count_starts, {}, tmp_path, executor=on_node(), retries=1)

    assert result.result == "xx"
    assert result.attempts == 2
    assert (result.out / "starts.txt").read_text() == "xx"
    assert not (result.out / "gone.bin").exists()
    assert LogReader(result.out).load_scalars("start") == [(0, 1.0), (1, 1.0)]
    assert result.log.count("--- attempt 2, ") == 1


def test_through_the_client(two_nodes, tmp_path):
    results = run_all(write_much, [{"x": x} for x in range(4)], tmp_path, executor=RayExecutor(two_nodes.client))

    assert [result.error for result in results] == [None] * 4
    assert [len(LogReader(result.out).load_scalars("loss")) for result in results] == [100] * 4
