"""Cards of logged things: tiles in order, what is live kept, places kept while scrolling, the way back after an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyexp.log import Logger

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

PLACES = "() => [...document.querySelectorAll('.card')].map(card => [card.dataset.tag, card.offsetTop])"


def curve() -> Any:
    """A matplotlib curve."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    figure.add_subplot().plot([1, 2, 3])
    return figure


def log_texts(viewer: Viewer, runs: list[str], steps: int = 3) -> None:
    for name in runs:
        with Logger(viewer.root / name) as logger:
            for step in range(steps):
                logger.set_global_it(step)
                logger.add_text("sample", f"{name} wrote at {step}")
                logger.add_text("other", f"other {name} at {step}")


def slide(page: Page, card: str, index: int) -> None:
    page.see(f'.card[data-tag="{card}"] [aria-label=Iteration]').fill(str(index))


def test_a_run_that_is_switched_on_again_gets_its_place_back(desk: Desk, viewer: Viewer) -> None:
    log_texts(viewer, ["a", "b", "c"])
    page = desk.open("tab=text&tags=sample")
    names = page.find(".tile-name")
    page.wait_until(lambda: names.all_inner_texts() == ["a", "b", "c"])
    box = page.find("[aria-label='Show a']")
    box.click()
    page.wait_until(lambda: names.all_inner_texts() == ["b", "c"])
    box.click()
    page.wait_until(lambda: names.all_inner_texts() == ["a", "b", "c"])


def test_a_live_figure_stays_when_the_next_one_is_logged(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("curve", curve())
        logger.flush()
        page = desk.open("tab=figures")
        page.see(".make-live").click()
        page.see(".live-figure[data-frames]")
        logger.set_global_it(7)
        logger.add_figure("curve", curve())
        logger.flush()
        offer = page.see("text=newer: step 7")
        assert page.find(".live-figure[data-frames]").count() == 1
        assert page.find(".tile-step").inner_text() == "step 0"
        offer.click()
        page.see("img.picture")
        assert page.find(".tile-step").inner_text() == "step 7"
        assert page.find(".live-figure, .tile-offer button").count() == 0
        page.see(".make-live").click()
        page.see(".live-figure")
        slide(page, "curve", 0)
        page.gone(".live-figure")


def test_loose_sliders_keep_their_places_and_are_in_the_address(desk: Desk, viewer: Viewer) -> None:
    log_texts(viewer, ["run"])
    page = desk.open("tab=text")
    page.see("text=run wrote at 2")
    page.see("text=Link sliders").click()
    slide(page, "sample", 0)
    page.see("text=run wrote at 0")
    page.see("text=other run at 2")
    page.tab("scalars")
    page.tab("text")
    page.see("text=run wrote at 0")
    page.see("text=other run at 2")
    page.wait("() => location.hash.includes('steps=')")
    other = desk.open(page.raw.evaluate("location.hash.slice(1)"))
    other.see("text=run wrote at 0")
    other.see("text=other run at 2")
    other.see("text=Link sliders").click()
    other.see("text=run wrote at 2")
    other.wait("() => !location.hash.includes('steps=')")


def test_cards_off_the_screen_keep_their_height(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for i in range(12):
            logger.add_text(f"text{i:02}", "line\n" * 40)
    page = desk.open("tab=text", height=500)
    page.see("[data-tag=text00] .logged-text:not(:empty)")
    content = page.find(".content")
    for _ in range(40):
        content.evaluate("content => content.scrollBy(0, 300)")
        page.raw.wait_for_timeout(50)
    page.see("[data-tag=text11] .logged-text:not(:empty)")
    page.wait("() => !document.querySelector('[data-tag=text00] .tile')")
    before = page.raw.evaluate(PLACES)
    assert before[1][1] - before[0][1] > 300
    for _ in range(40):
        content.evaluate("content => content.scrollBy(0, -300)")
        page.raw.wait_for_timeout(50)
    page.see("[data-tag=text00] .logged-text:not(:empty)")
    assert page.raw.evaluate(PLACES) == before
    page.wait("() => document.querySelector('[data-tag=text00]').style.minHeight === ''")


@pytest.mark.parametrize("route", ["**/api/entries*", "**/api/texts*"])
def test_what_the_server_did_not_give_is_asked_for_again_when_it_is_back(
    desk: Desk, viewer: Viewer, route: str
) -> None:
    log_texts(viewer, ["run"])
    page = desk.open("tab=scalars")
    page.see("text=No scalars yet")
    page.raw.route(route, lambda call: call.abort())
    page.tab("text")
    page.see("text=server does not answer")
    page.raw.unroute(route)
    viewer.stop()
    page.see(".connection[data-kind=lost]")
    viewer.start()
    page.see("text=run wrote at 2")
    assert page.find("text=server does not answer >> visible=true").count() == 0


def test_small_images_are_scaled_up_by_whole_pixels_and_a_click_enlarges(desk: Desk, viewer: Viewer) -> None:
    numpy = pytest.importorskip("numpy")
    with Logger(viewer.root / "run") as logger:
        logger.add_image("digit", numpy.zeros((28, 28, 3), dtype="uint8"))
        logger.add_image("photo", numpy.zeros((180, 240, 3), dtype="uint8"))
    page = desk.open("tab=images")
    digit = page.see("[data-tag=digit] img")
    assert digit.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    assert digit.evaluate("image => image.width") == 28 * 7
    photo = page.see("[data-tag=photo] img")
    assert photo.evaluate("image => [image.width, getComputedStyle(image).imageRendering]") == [240, "auto"]
    digit.click()
    assert page.see("dialog img").bounding_box()["width"] > 400
    page.raw.keyboard.press("Escape")
    page.gone("dialog")


def test_the_button_that_makes_live_covers_nothing(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("curve", curve())
    page = desk.open("tab=figures")
    picture = page.see("img.picture").bounding_box()
    assert page.see(".make-live").bounding_box()["y"] >= picture["y"] + picture["height"]
