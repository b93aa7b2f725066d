"""Cards of logged things: tiles in order, what is live kept, places kept while scrolling, the way back after an error."""

from __future__ import annotations

import threading
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
        page.see(".tile-step:has-text('step 7')")
        assert page.find(".live-figure").count() == 1
        assert page.find(".tile-offer button").count() == 0
        page.raw.get_by_role("button", name="Show the picture again").click()
        page.see("img.picture[alt$='at step 7']")


def drawn(page: Page) -> list[int]:
    """The colours of the live canvas in a coarse grid: what the figure looks like."""
    return page.see(".live-canvas").evaluate(
        "canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        "return Array.from(data.filter((_, i) => i % 997 === 0)); }"
    )


SLOW_DECODING = """
delay => {
  const decode = globalThis.createImageBitmap;
  globalThis.createImageBitmap = async (...of) => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    return decode(...of);
  };
}
"""


@pytest.mark.parametrize("delay_ms", [0, 200])  # to decode a frame, while more was turned
def test_a_live_figure_goes_on_with_its_slider_as_it_was_turned(desk: Desk, viewer: Viewer, delay_ms: int) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    with Logger(viewer.root / "run") as logger:
        for step in range(2):
            figure = Figure(figsize=(4, 3))
            figure.add_subplot(projection="3d").plot([0, 1], [0, 1], [0, 1])  # the same at both steps
            logger.add_figure("solid", figure, step=step)
    page = desk.open("tab=figures")
    page.raw.evaluate(SLOW_DECODING, delay_ms)
    page.see(".make-live").click()
    page.see(".live-figure[data-frames]")
    before = drawn(page)
    box = page.see(".live-canvas").bounding_box()
    page.raw.mouse.move(box["x"] + 150, box["y"] + 120)
    page.raw.mouse.down()
    page.raw.mouse.move(box["x"] + 230, box["y"] + 160, steps=8)
    page.raw.mouse.up()
    page.wait_until(lambda: drawn(page) != before)
    turned = settled(page)
    frames = int(page.see(".live-figure").get_attribute("data-frames"))
    slide(page, "solid", 0)
    page.see(".tile-step:has-text('step 0')")
    page.wait(f"() => Number(document.querySelector('.live-figure')?.dataset.frames) > {frames}")
    page.wait_until(lambda: drawn(page) == turned)


def settled(page: Page) -> list[int]:
    """What the live figure looks like once no more frames come."""
    seen = [drawn(page)]

    def is_still() -> bool:
        page.raw.wait_for_timeout(150)
        seen.append(drawn(page))
        return len(seen) > 6 and all(look == seen[-1] for look in seen[-6:])

    page.wait_until(is_still)
    return seen[-1]


def test_a_turned_plotly_figure_is_seen_from_there_at_the_next_step(desk: Desk, viewer: Viewer) -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    with Logger(viewer.root / "run") as logger:
        for step in range(2):
            logger.add_figure("solid", graphs.Figure(graphs.Surface(z=[[0, step], [1, 0]])), step=step)
    page = desk.open("tab=figures")
    eye = "() => document.querySelector('.plotly-plot')?._fullLayout?.scene?.camera?.eye"
    page.wait(eye)
    page.wait("() => document.querySelector('.plotly-plot .gl-container canvas')")
    box = page.see(".plotly-plot").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.raw.mouse.move(*middle)
    page.raw.mouse.down()
    page.raw.mouse.move(middle[0] + 60, middle[1] + 20, steps=5)
    page.raw.mouse.up()
    turned = page.wait(f"() => {{ const now = ({eye})(); return now && Math.abs(now.x - 1.25) > 0.05 && now; }}")
    slide(page, "solid", 0)
    page.see(".tile-step:has-text('step 0')")
    page.wait(f"x => {{ const now = ({eye})(); return now && Math.abs(now.x - x) < 0.01; }}", turned["x"])


def test_a_figure_for_print_fits_the_page(desk: Desk, viewer: Viewer) -> None:
    figure = curve()
    figure.set_dpi(1000)
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("print", figure)
    page = desk.open("tab=figures")
    card = page.see(".card").bounding_box()
    assert page.see("img.picture").bounding_box()["width"] <= card["width"]
    page.see(".make-live").click()
    page.see(".live-figure[data-frames]")
    assert page.find(".live-canvas").evaluate("canvas => canvas.width") <= 4 * 150
    assert page.see(".live-canvas").bounding_box()["width"] <= card["width"]


def test_a_card_of_a_tag_without_a_name_has_a_title(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        for tag in ("train/", " ", "/"):
            logger.add_scalar(tag, 1)
    page = desk.open("closed=[]")
    page.wait_until(lambda: page.find(".card-fold").count() == 3)
    assert set(page.find(".card-fold").all_inner_texts()) == {"train/", "(no name)", "/"}


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


def test_an_enlarged_picture_fills_the_screen_and_goes_to_other_steps(desk: Desk, viewer: Viewer) -> None:
    numpy = pytest.importorskip("numpy")
    with Logger(viewer.root / "run") as logger:
        for step in (0, 5, 9):
            logger.add_image("photo", numpy.full((60, 80, 3), step * 20, dtype="uint8"), step=step)
    page = desk.open("tab=images", width=1300, height=900)
    page.see("[data-tag=photo] img").click()
    page.see("dialog.enlarged h2:has-text('photo of run')")
    page.see("dialog output:has-text('step 9 (3 of 3)')")
    assert page.find("dialog [aria-label='Next step']").is_disabled()
    picture = page.see("dialog img[src]").bounding_box()
    assert picture["width"] > 0.9 * 1300
    assert picture["height"] > 0.8 * 900
    page.raw.keyboard.press("ArrowLeft")
    page.see("dialog output:has-text('step 5 (2 of 3)')")
    page.see("dialog [aria-label='Previous step']").click()
    page.see("dialog img[alt='photo of run at step 0']")
    assert page.find("dialog [aria-label='Previous step']").is_disabled()
    page.raw.keyboard.press("Escape")
    page.gone("dialog")


INK = """
([x, y, width, height]) => {
  const picture = document.querySelector("img.picture"), scale = picture.naturalWidth / picture.clientWidth;
  const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, -x * scale, -y * scale);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data.filter((value) => value < 250).length;
}
"""


def ink(page: Page, left: float, top: float, width: float, height: float) -> int:
    """How many colours of this part of the picture, in pixels of the page, are not white."""
    return page.raw.evaluate(INK, [left, top, width, height])


@pytest.mark.parametrize("width", [1300, 390])
def test_the_icon_that_makes_interactive_is_on_the_picture_and_covers_none_of_its_axes(
    desk: Desk, viewer: Viewer, width: int
) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("curve", curve())
    page = desk.open("tab=figures", width=width)
    picture = page.see("img.picture").bounding_box()
    icon = page.raw.get_by_role("button", name="Make interactive")
    box = icon.bounding_box()
    left, top = box["x"] - picture["x"], box["y"] - picture["y"]
    assert 0 <= left <= picture["width"] - box["width"]
    assert 0 <= top <= picture["height"] - box["height"]
    assert ink(page, left, top, box["width"], box["height"]) == 0
    assert ink(page, 0, 0, picture["width"], picture["height"]) > 0
    assert icon.inner_text() == ""
    page.see("img.picture").click()
    page.see("dialog.enlarged img[src]")
    page.raw.keyboard.press("Escape")
    icon.focus()
    page.raw.keyboard.press("Enter")
    page.see(".live-figure[data-frames]")


def test_a_figure_without_a_picture_can_be_made_interactive(desk: Desk, viewer: Viewer) -> None:
    with Logger(viewer.root / "run") as logger:
        logger.add_figure("curve", curve(), preview=False)
    page = desk.open("tab=figures")
    page.see("text=Logged without a picture.")
    page.raw.get_by_role("button", name="Make interactive").click()
    page.see(".live-figure[data-frames]")


@pytest.mark.parametrize("owner", ["figure", "fig"])
def test_a_grid_of_seaborn_is_a_figure(desk: Desk, viewer: Viewer, owner: str) -> None:
    class Grid:
        """As seaborn's: it has a figure and can save it, and cannot be pickled."""

        def __init__(self) -> None:
            setattr(self, owner, curve())
            self.lock = threading.Lock()

        def savefig(self, *_: object) -> None:
            raise AssertionError("the figure itself is saved")

    with Logger(viewer.root / "run") as logger:
        logger.add_figure("grid", Grid())
    page = desk.open("tab=figures")
    assert page.see("[data-tag=grid] img.picture").evaluate("image => image.naturalWidth") == 400
    page.see("[data-tag=grid] .make-live").click()
    page.see("[data-tag=grid] .live-figure[data-frames]")
