"""Names of every kind, and links that lead out of the batch."""

from __future__ import annotations

import json
import os
import random
import re
import unicodedata

import pytest

from pyexp.errors import OutputError
from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from pyexp.sweeps.identity import prepare_configs
from pyexp.sweeps.naming import folder_names
from support.counts import counts
from support.experiments import make_runner, run_all

HOSTILE = [
    "..", ".", "", "a\0b", "a\nb", "n" * 300, "🙂" * 100, "é", "e\u0301", "Case", "case", "CON", "nul.txt", "x.", "x ",
    "-rf", "~", "a/b", "../../etc", "C:\\x", "com1", "LPT9.log", "\u202eabc", "tab\t", "*?", "<|>", '"', "\x7f", "ﬁ", "ß", "SS",
]  # fmt: skip
RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE | re.DOTALL
)


def require_safe(folders: list[str]) -> None:
    for folder in folders:
        assert folder == os.path.basename(folder)
        assert folder not in {"", ".", ".."}
        assert len(folder.encode()) <= 255
        assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', folder)
        assert folder[-1] not in {".", " "}
        assert not RESERVED.fullmatch(folder)
    same = [unicodedata.normalize("NFC", folder).casefold() for folder in folders]
    assert len({unicodedata.normalize("NFC", name) for name in same}) == len(folders)


def test_r20_hostile_names_on_disk(tmp_path):
    configs = [{"name": name, "x": 1} for name in HOSTILE]

    results = run_all(lambda config: config.name, configs, tmp_path, executor="inline")

    assert [r.result for r in results] == HOSTILE
    batch = find_batch(tmp_path / "exp")
    folders = Batch.open(batch).folders
    require_safe(folders)
    assert {entry.name for entry in batch.iterdir() if (entry / "config.json").exists()} == set(folders)
    assert [entry.name for entry in tmp_path.iterdir()] == ["exp"]


@counts("count", 1000, 10_000)
def test_r20_random_names(count):
    chance = random.Random(20)
    alphabet = [*map(chr, range(0x250)), *"./\\ ~-:*🙂\u0301\u200d\ufeff", "con", "nul", ".."]
    names = {"".join(chance.choices(alphabet, k=chance.randrange(40))) for _ in range(count)}

    require_safe(folder_names(prepare_configs([{"name": name, "x": 1} for name in sorted(names)])))


def ten(config):
    return config.x * 10


@pytest.fixture
def runner(tmp_path):
    made = make_runner(ten, [{"x": 1}, {"x": 2}], tmp_path / "out", executor="inline")
    made.run()
    return made


@pytest.fixture
def folders(runner):
    return [result.out for result in runner.results()]


def snapshot(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_r21_linked_run_folder(runner, folders, tmp_path, executor, is_damaged):
    outside = tmp_path / "outside"
    folders[0].rename(outside)
    if is_damaged:
        (outside / "result.pkl").write_bytes(b"not what the run wrote")
    folders[0].symlink_to(outside)
    before = snapshot(outside)

    results = runner.results()
    assert not results[0].ok
    assert results[0].result is None
    runner.run(continue_run=True, executor=executor)
    failed, passed = runner.results()

    assert (failed.status, passed.status) == ("failed", "passed")
    assert "is a link" in failed.error
    assert snapshot(outside) == before


def test_r21_linked_result(runner, folders, tmp_path):
    outside = tmp_path / "outside.pkl"
    (folders[0] / "result.pkl").rename(outside)
    (folders[0] / "result.pkl").symlink_to(outside)
    before = outside.read_bytes()

    assert not runner.results()[0].ok
    assert runner.results()[0].result is None
    results = runner.run(continue_run=True)

    assert [r.result for r in results] == [10, 20]
    assert not (folders[0] / "result.pkl").is_symlink()
    assert outside.read_bytes() == before


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_r21_linked_log(runner, folders, tmp_path, executor):
    outside = tmp_path / "outside.log"
    outside.write_text("mine")
    (folders[0] / "log.out").unlink(missing_ok=True)
    (folders[0] / "log.out").symlink_to(outside)
    (folders[0] / "result.pkl").unlink()

    assert runner.results()[0].log == ""
    failed, passed = runner.run(continue_run=True, executor=executor)

    assert (failed.status, passed.status) == ("failed", "passed")
    assert "log" in failed.error
    assert outside.read_text() == "mine"


def test_r21_linked_index_is_replaced(runner, folders, tmp_path):
    outside = link_out(folders[0].parent / "index.jsonl", tmp_path)

    runner.run(continue_run=True)

    assert outside.read_text() == "mine\n"
    assert not (folders[0].parent / "index.jsonl").is_symlink()


def test_r21_linked_owner_is_refused(runner, folders, tmp_path):
    outside = link_out(folders[0].parent / ".owner", tmp_path)

    with pytest.raises(OutputError, match="symbolic links"):
        runner.run(continue_run=True)

    assert outside.read_text() == "mine\n"


def link_out(path, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    path.unlink()
    path.symlink_to(outside)
    return outside


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
def test_r21_run_that_makes_links(tmp_path, executor):
    outside = tmp_path / "outside"
    outside.write_text("mine")

    def link(config):
        from pathlib import Path

        for name in ("result.pkl", "status.json"):
            (config.out / name).unlink(missing_ok=True)
            (config.out / name).symlink_to(Path(config.outside))
        if config.fails:
            raise ValueError("no")
        return "fine"

    configs = [{"fails": fails, "outside": str(outside)} for fails in (False, True)]
    passed, failed = run_all(link, configs, tmp_path / "out", executor=executor)

    assert (passed.status, passed.result, failed.status) == ("passed", "fine", "failed")
    assert outside.read_text() == "mine"
    assert json.loads((failed.out / "status.json").read_bytes())["status"] == "failed"
