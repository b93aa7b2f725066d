"""Makes the README's two pictures of the viewer: runs `06_live_viewer.py` and photographs the page while it goes.

    pip install ".[viewer,examples]" playwright      # and a Chromium that is called `chromium` or `google-chrome`
    python examples/screenshots.py [FOLDER]          # default: examples/images

Writes `viewer-scalars.png` (light, while the sweep runs) and
`viewer-figures.png` (dark, a surface made interactive and turned).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pyexp.viewer import start_viewer

HERE = Path(__file__).parent
SIZE = {"width": 1440, "height": 860}
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def photograph(browser, url: str, *, view: str, theme: str, steps, path: Path) -> None:
    """Open the page at `view`, let `steps(page)` bring it where it should be, save the picture."""
    context = browser.new_context(viewport=SIZE, color_scheme=theme, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(f"{url}&{view}")
    steps(page)
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    context.close()
    print(path)


def show_curves(page) -> None:
    """Wait until three runs have passed and three more are half way."""
    page.wait_for_function(
        """() => {
            const plot = document.querySelector('[data-tag="train/loss"] .plot');
            return (plot?.data ?? []).filter((line) => line.x.length > 90).length >= 2 * 6;
        }"""
    )


def turn_surface(page) -> None:
    """Make the first figure interactive and turn it."""
    page.locator(".make-live").first.click()
    canvas = page.locator(".live-figure[data-frames] canvas").first
    canvas.wait_for()
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 290, box["y"] + 230, steps=8)
    page.mouse.up()
    page.wait_for_function("before => document.querySelector('.live-figure canvas').toDataURL() !== before", arg=before)


def main() -> None:
    from playwright.sync_api import sync_playwright

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "images"
    target.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        output = Path(folder) / "out"
        output.mkdir()
        viewer = start_viewer(output)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        command = [sys.executable, str(HERE / "06_live_viewer.py"), "--output-dir", str(output)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sweep:
            view = "smooth=0.5"
            photograph(
                browser, viewer.url, view=view, theme="light", steps=show_curves, path=target / "viewer-scalars.png"
            )
            sweep.wait()
        photograph(
            browser,
            viewer.url,
            view="tab=figures",
            theme="dark",
            steps=turn_surface,
            path=target / "viewer-figures.png",
        )
        browser.close()
        viewer.stop()


if __name__ == "__main__":
    main()
