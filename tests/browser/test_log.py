"""The Log tab: what it says when, what stays selected, colours, finding, saving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.records import record
from pyexp.task import Status

if TYPE_CHECKING:
    from browser.desk import Desk, Page
    from browser.serving import Viewer

pytestmark = pytest.mark.browser

TEXT = "() => document.querySelector('.log-text').textContent"
SELECT = """
() => {
  const range = document.createRange();
  const [text] = [document.querySelector('.log-text').firstChild.firstChild];
  range.setStart(text, 0);
  range.setEnd(text, 10);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}
"""
SHOWN = """
async chunks => {
  const { Screen } = await import('/static/js/output/screen.js');
  const element = document.createElement('pre');
  const screen = new Screen(element);
  for (const chunk of chunks) screen.append(chunk);
  const spans = [...element.querySelectorAll('[class^=term]')].map(span => [span.className, span.textContent]);
  return { text: element.textContent, spans };
}
"""


def printed(viewer: Viewer, **outputs: str) -> None:
    with record(viewer.root, [{"name": name, "i": i} for i, name in enumerate(outputs)]) as batch:
        for position, text in enumerate(outputs.values()):
            batch.paths[position].log.write_text(text)
            batch.set(position, Status.PASSED)


def wait_text(page: Page, claim: str) -> None:
    page.wait(f"() => {{ const text = document.querySelector('.log-text')?.textContent ?? ''; return {claim}; }}")


def test_all_after_none_shows_the_log_alone(desk: Desk, viewer: Viewer) -> None:
    printed(viewer, one="first line\n")
    page = desk.open("tab=log")
    wait_text(page, "text === 'first line\\n'")
    tools = page.raw.locator(".runs-tools")
    tools.get_by_role("button", name="None", exact=True).click()
    page.see("text=No runs are shown")
    page.gone(".log-scroll")
    page.gone("[role=toolbar]")
    tools.get_by_role("button", name="All").click()
    page.see("text=first line")
    page.gone("text=No runs are shown")


def test_an_error_leaves_no_other_runs_text_and_ends_with_the_reconnect(desk: Desk, viewer: Viewer) -> None:
    printed(viewer, one="of the first\n", two="of the second\n")
    page = desk.open("tab=log")
    page.see("text=of the first")
    page.raw.route("**/api/log?*", lambda call: call.abort())
    page.raw.get_by_role("combobox", name="Run").select_option(index=1)
    page.see("text=server does not answer")
    assert page.raw.evaluate(TEXT) == ""
    page.raw.unroute("**/api/log?*")
    viewer.stop()
    page.see(".connection[data-kind=lost]")
    viewer.start()
    page.see("text=of the second")
    page.gone("text=server does not answer")


def test_what_is_selected_stays_so_while_the_output_grows(desk: Desk, viewer: Viewer) -> None:
    with record(viewer.root, [{"name": "talker", "x": 1}]) as batch:
        batch.set(0, Status.RUNNING)
        with open(batch.paths[0].log, "w", encoding="utf-8") as output:
            output.write("0123456789 and more\n")
            output.flush()
            page = desk.open("tab=log")
            wait_text(page, "text.endsWith('more\\n')")
            page.raw.evaluate(SELECT)
            for i in range(5):
                output.write(f"line {i}\nhalf of ")
                output.flush()
                wait_text(page, f"text.includes('line {i}')")
            assert page.raw.evaluate("getSelection().toString()") == "0123456789"
            wait_text(page, "text.endsWith('half of line 4\\nhalf of ')")


@pytest.mark.parametrize(
    ("chunks", "text", "spans"),
    [
        (["a\x1b[31mred\x1b[0m\n", "b\n"], "ared\nb\n", [["term-colour-1", "red"]]),
        (["\x1b[1;92mgo", "od\n", "still\n"], "good\nstill\n", [["term-bold term-colour-2", t] for t in ("good\n", "still\n")]),
        (["a\x1b[3", "3mb\n"], "ab\n", [["term-colour-3", "b\n"]]),
        (["\x1b[38;5;4mblue\x1b[39m \x1b[38;2;1;2;3mown\x1b[m\n"], "blue own\n", [["term-colour-4", "blue"]]),
        (["10%\r20%\r", "30%"], "30%", []),
        (["10%\r\x1b[32m100%", "\nnext\r", "\nlast"], "100%\nnext\nlast", [["term-colour-2", "next\n"]]),
        (["\x1b]0;title\x07\x1b[2Kplain <b>&amp;\n"], "plain <b>&amp;\n", []),
        ([f"{i}%\r" + "." * 500 for i in range(99)] + ["\rend"], "end" + "." * 497 + "98%", []),
        (["x" * 9_000, "x" * 9_000, "end"], "x" * 18_000 + "end", []),
    ],
)  # fmt: skip
def test_terminal_output_is_shown_as_a_terminal_would(
    desk: Desk, viewer: Viewer, chunks: list[str], text: str, spans: list[list[str]]
) -> None:
    page = desk.open()
    page.see("text=Waiting for the first run")
    assert page.raw.evaluate(SHOWN, chunks) == {"text": text, "spans": spans}


def test_words_are_found_and_the_whole_output_is_saved(desk: Desk, viewer: Viewer) -> None:
    lines = [f"line {i:06}\n" for i in range(120_000)]
    lines[-400] = "a Needle here\n"
    lines[-2] = "another needle\n"
    printed(viewer, long="".join(lines))
    page = desk.open("tab=log")
    wait_text(page, "text.endsWith('119999\\n')")
    field = page.see("[aria-label='Find in the output']")
    field.fill("needle")
    page.see("text=2 of 2")
    field.press("Shift+Enter")
    page.see("text=1 of 2")
    page.wait(
        "() => document.querySelector('.log-scroll').scrollTop < document.querySelector('.log-scroll').scrollHeight - 3000"
    )
    field.fill("nowhere")
    page.wait("() => document.querySelector('.found').textContent === '0'")
    with page.raw.expect_download() as download:
        page.see("[aria-label='Save the whole output']").click()
    assert download.value.suggested_filename == "long.log"
    with open(download.value.path(), encoding="utf-8") as file:
        assert file.read() == "".join(lines)
