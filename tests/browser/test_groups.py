"""Groups of runs: over all that pass the filter, with their numbers, as NumPy has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from browser.records import bias, record, sweep24, sweep24_value
from pyexp.log import Logger
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser


def newest(page: Page, tag: str) -> list[str]:
    """The rows of the small table below a chart."""
    rows = page.find(f'.card[data-tag="{tag}"] .group-row').all()
    return [" ".join(row.inner_text().split()) for row in rows]


def test_all_runs_of_a_group_count_whatever_is_switched_on(desk: Desk, viewer: Viewer) -> None:
    bias(viewer.root)
    page = desk.open()
    page.wait_lines("accuracy", "lines.length === 20")
    page.group_by("lr")
    page.wait_lines("accuracy", "lines.length === 9")
    assert newest(page, "accuracy") == [f"{lr} 15 ± 5 (n = 8)" for lr in (1, 2, 3)]
    assert [chip.inner_text().split("\n") for chip in page.find(".chip").all()] == [[lr, "n = 8"] for lr in "123"]
    page.raw.get_by_role("button", name="None", exact=True).click()
    page.see(".runs-tools >> text=0 of 24 shown")
    assert newest(page, "accuracy") == [f"{lr} 15 ± 5 (n = 8)" for lr in (1, 2, 3)]
    page.find(".runs-filter").fill("width=20")
    page.wait_until(lambda: newest(page, "accuracy") == [f"{lr} 20 ± 0 (n = 4)" for lr in (1, 2, 3)])


def test_all_but_seed_equals_numpy(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root)
    page = desk.open("group=[%22seed%22]&groupbut=1&tags=val/loss")
    page.wait_lines(
        "val/loss", "lines.filter(line => line.line.dash !== 'dash' && line.name?.startsWith('lr')).length === 6"
    )
    shape = [(lr, width) for lr in (0.1, 0.3, 1.0) for width in (32, 64)]
    for index, (lr, width) in enumerate(shape):
        name = f"lr={lr} · width={width}"
        line = next(line for line in page.lines("val/loss") if line["name"] == name)
        for step in range(20):
            expected = np.mean([sweep24_value(lr, width, seed, step) for seed in range(4)])
            assert line["y"][step] == pytest.approx(expected, rel=1e-12), (index, step)
    assert newest(page, "val/loss")[1].endswith("(n = 3 of 4)")
    assert newest(page, "val/loss")[0].endswith("(n = 4)")
    assert newest(page, "val/loss")[5].endswith("(n = 3 of 4, 1 not finite)")
    dashed = page.wait_lines("val/loss", "lines.filter(line => line.line.dash === 'dash').map(line => line.name)")
    assert dashed == [f"lr={lr} · width={width}" for lr, width in ((0.1, 64), (0.3, 64), (1.0, 64))]
    page.wait_lines("val/loss", "lines.some(line => line.name === 'not finite' && line.x.length === 1)")
    page.chart("val/loss").focus()
    page.raw.keyboard.press("ArrowLeft")
    assert "n = 3 of 4" in page.see(".bubble.is-on").inner_text()


def test_centre_band_members_and_finished_runs_only(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root)
    page = desk.open("group=lr&tags=val/loss")
    page.wait_until(lambda: newest(page, "val/loss")[:1] != [] and "(n = 7 of 8)" in newest(page, "val/loss")[0])
    page.raw.get_by_text("finished runs only").click()
    page.wait_until(lambda: "(n = 7)" in newest(page, "val/loss")[0])
    page.raw.get_by_role("radio", name="Median").click()
    page.raw.get_by_role("radio", name="min–max").click()
    values = [
        sweep24_value(0.1, width, seed, 39) for width in (32, 64) for seed in range(4) if (width, seed) != (64, 1)
    ]
    texts = [f"{round(float(number), 5):g}" for number in (np.median(values), min(values), max(values))]
    page.wait_until(lambda: all(text[:5] in newest(page, "val/loss")[0] for text in texts))
    assert "ddof = 1" in page.raw.get_by_role("radio", name="± std error").get_attribute("title")
    page.raw.get_by_text("members", exact=True).click()
    page.wait_lines("val/loss", "lines.filter(line => line.opacity === 0.22).length === 22")


def test_a_tag_of_runs_that_are_off_has_a_chart_of_groups(desk: Desk, viewer: Viewer) -> None:
    configs = [{"name": f"r{k:02}", "lr": k % 2} for k in range(22)]
    with record(viewer.root, configs) as batch:
        for position in range(22):
            with batch.logger(position) as logger:
                logger.add_scalar("rare" if position == 21 else "usual", position)
            batch.set(position, Status.PASSED)
    page = desk.open()
    page.chart("usual")
    assert page.find(".card[data-tag=rare]").count() == 0
    page.group_by("lr")
    page.chart("rare")
    page.wait_until(lambda: newest(page, "rare") == ["1 21 ± 0 (n = 1 of 11)"])


def test_all_but_seed_is_offered_and_hyper_parameters_are_config(desk: Desk, viewer: Viewer) -> None:
    for optimizer in ("adam", "sgd"):
        for seed in range(3):
            with Logger(viewer.root / f"{optimizer}{seed}") as logger:
                logger.add_hparams({"optimizer": optimizer, "seed": seed})
                logger.add_scalar("loss", float(len(optimizer)))
    page = desk.open()
    page.wait_lines("loss", "lines.length === 6")
    rows = ["adam 4 ± 0 (n = 3)", "sgd 3 ± 0 (n = 3)"]
    page.group_by("optimizer")
    page.wait_until(lambda: newest(page, "loss") == rows)
    page.group_by("none")
    page.wait_lines("loss", "lines.length === 6")
    page.group_by("all but seed")
    page.wait_until(lambda: newest(page, "loss") == rows)
    page.wait("() => location.hash.includes('groupbut=1')")


def test_the_legend_of_groups_stays_in_sight(desk: Desk, viewer: Viewer) -> None:
    sweep24(viewer.root)
    page = desk.open("group=lr&closed=[]", height=600)
    page.chart("lr")
    page.wait_until(lambda: page.find(".chip").count() == 3)
    content = page.find(".content")
    content.evaluate("content => content.scrollTo(0, content.scrollHeight)")
    assert content.evaluate("content => content.scrollTop") > 600
    for chip in page.find(".chip").all():
        assert chip.evaluate(
            "chip => { const { left, top, width, height } = chip.getBoundingClientRect();"
            "return chip.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }"
        )
