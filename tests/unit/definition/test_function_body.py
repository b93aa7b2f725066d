from pathlib import Path
from types import SimpleNamespace
from typing import Optional

import pytest

from pyexp import Logger
from pyexp.definition.function_body import FunctionBody

RUN = SimpleNamespace(config="config", logger="logger", out="out")

ANNOTATIONS = [
    ("out", Path),
    ("out", Path | None),
    ("out", None | Path),
    ("out", Optional[Path]),  # noqa: UP045 — as it is written, too
    ("out", "Path | None"),
    ("out", "pathlib.Path|None"),
    ("out", "Optional['Path']"),
    ("logger", Logger),
    ("logger", Logger | None),
    ("logger", Optional[Logger]),  # noqa: UP045
    ("logger", Optional["Logger"]),
    ("logger", "None | pyexp.Logger"),
    ("logger", "typing.Optional[Logger]"),
    ("logger", "Union[Logger, None]"),
]


@pytest.mark.parametrize(("wish", "annotation"), ANNOTATIONS)
def test_annotations_may_allow_none(wish, annotation):
    def second(config, what):
        return config, what

    def third(config, logger, what=None):
        return config, logger, what

    second.__annotations__ = third.__annotations__ = {"what": annotation}
    assert FunctionBody(second)(RUN) == ("config", wish)
    assert FunctionBody(third)(RUN) == ("config", "logger", wish)


@pytest.mark.parametrize("annotation", [dict[str, Path], "dict[str, Path]", "Union[dict[str, Path], None]", int | None])
def test_annotations_that_only_mention_it(annotation):
    def function(config, logger, what=3):
        return what

    function.__annotations__ = {"what": annotation}
    assert FunctionBody(function)(RUN) == 3
