from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pyexp.config.config import Config
from support.experiments import make_runner


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)


def tags(markup: str) -> set[str]:
    parser = Tags()
    parser.feed(markup)
    return set(parser.names)


def act(config):
    if config.x == "<script>alert(1)</script>":
        raise ValueError("<img src=x onerror=alert(1)>")
    return {"score": "<b>"}


@pytest.fixture
def hostile(tmp_path):
    configs = [{"name": "<i>a</i>", "x": "<script>alert(1)</script>"}, {"name": "b", "x": "2"}]
    return make_runner(act, configs, tmp_path, executor="inline").run()


def test_nothing_of_a_run_becomes_markup(hostile):
    allowed = {"p", "b", "table", "tr", "th", "td", "span", "pre"}

    assert tags(hostile._repr_html_()) <= allowed
    assert all(tags(item._repr_html_()) <= allowed for item in hostile)
    assert tags(Config({"<u>": "</table><script>"})._repr_html_()) <= allowed
    assert "&lt;img src=x" in hostile[0]._repr_html_()


def test_states_are_counted_and_coloured(results):
    shown = results._repr_html_()

    assert "axis0 × optim.lr × width × seed = 1 × 2 × 2 × 3, 11 items" in shown
    assert '9 <span style="color: #2e8540">passed</span>' in shown
    assert '2 <span style="color: #c62828">failed</span>' in shown
    assert "<th>optim.lr</th>" in shown
    assert "ValueError: diverged" in shown


def test_one_run_shows_its_config_and_result(results):
    shown = results["exp_lr=0.1_width=16_seed=0"]._repr_html_()

    assert "<th>optim.lr</th><td>0.1</td>" in shown
    assert "accuracy" in shown
    assert "Traceback" in results[{"status": "failed"}][0]._repr_html_()


def test_a_damaged_run_is_shown_too(tmp_path):
    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")
    runner.run()
    out = runner.results()[0].out
    (out / "config.json").write_text("{")
    (out / "result.pkl").write_bytes(b"\x80")

    assert "cannot be read as a config" in runner.results()[0]._repr_html_()
    assert "<th>x</th><td>&#x27;v&#x27;</td>" in Config(x="v")._repr_html_()
