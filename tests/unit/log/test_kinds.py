import subprocess
import sys

import pytest

from pyexp.errors import SelectionError
from pyexp.log import Logger, LogReader
from pyexp.log._pb import events_pb2
from pyexp.log.jsonlines.layout import FOLDERS, SUFFIXES
from pyexp.log.kinds import KINDS
from pyexp.viewer.protocol.kinds import OBJECT_KINDS


def test_the_table_and_the_format_have_the_same_kinds():
    numbers = {f"KIND_{name.upper()}": kind.number for name, kind in KINDS.items()}
    assert {"KIND_UNSPECIFIED": 0, **numbers} == dict(events_pb2.Kind.items())


def test_what_is_derived_is_as_it_always_was():
    assert FOLDERS == {
        "figure": "figures",
        "checkpoint": "checkpoints",
        "image": "images",
        "histogram": "histograms",
        "table": "tables",
        "hparams": "hparams",
    }
    assert SUFFIXES == {
        "application/x-pickle": ".cpkl",
        "application/vnd.plotly+json": ".plotly.json",
        "image/png": ".png",
        "image/jpeg": ".jpg",
        "image/gif": ".gif",
        "image/webp": ".webp",
        "application/json": ".json",
    }
    assert list(OBJECT_KINDS.items()) == [
        ("texts", "text"),
        ("figures", "figure"),
        ("images", "image"),
        ("histograms", "histogram"),
        ("tables", "table"),
    ]


@pytest.mark.parametrize("use_protobuf", [True, False])
def test_kinds_by_name(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.set_global_it(3)
        logger.add_text("note", "hello")
        logger.add_checkpoint("model", [1])
        logger.add_table("cells", {"a": [1]})
        logger.add_histogram("weights", [0, 1], bins=1)
        logger.add_hparams({"lr": 0.1})
    reader = LogReader(tmp_path)
    found = {kind: {tag: reader.load(kind, tag, 3) for tag in reader.tags(kind)} for kind in KINDS}
    assert found == {
        "text": {"note": "hello"},
        "figure": {},
        "checkpoint": {"model": [1]},
        "image": {},
        "histogram": {"weights": {"edges": [0.0, 1.0], "counts": [2]}},
        "table": {"cells": {"columns": ["a"], "rows": [[1]]}},
        "hparams": {"hparams": {"hparams": {"lr": 0.1}, "metrics": {}}},
    }
    assert reader.iterations_of("table", "cells") == [3]
    assert reader.load_all("checkpoint", "model") == [(3, [1])]
    assert reader.load_all("checkpoint", "other") == []


def test_an_unknown_kind(tmp_path):
    reader = LogReader(tmp_path)
    for ask in (reader.tags, lambda kind: reader.load(kind, "a", 0), lambda kind: reader.iterations_of(kind, "a")):
        with pytest.raises(SelectionError, match="no kind 'figures'; expected one of 'text', 'figure', 'checkpoint'"):
            ask("figures")


NEW_KIND = """
import sys, types
from pathlib import Path

from pyexp.log import kinds

sound = types.ModuleType("pyexp.log.call.sound")
sound.encode = lambda tag, samples: Content("audio/wav", bytes(samples))
sys.modules[sound.__name__] = sound
wav = kinds.MediaType(name="audio/wav", suffix=".wav", restore="values.restoring:keep_bytes")
kinds.KINDS["audio"] = kinds.Kind(
    name="audio", plural="sounds", number=8, folder="sounds", media_types=(wav,), capture="call.sound:encode"
)
kinds._MEDIA_TYPES[wav.name] = wav

from pyexp.log import Logger, LogReader
from pyexp.log.values.events import Content
from pyexp.viewer.protocol.kinds import OBJECT_KINDS

for use_protobuf in (True, False):
    folder = Path(sys.argv[1], str(use_protobuf))
    with Logger(folder, use_protobuf) as logger:
        logger._put(kinds.KINDS["audio"], "beep", [1, 2], step=None)
    reader = LogReader(folder)
    assert reader.tags("audio") == {"beep"}
    assert reader["beep"] == (0, b"\\1\\2")
    if not use_protobuf:
        assert (folder / "0/sounds/beep.wav").read_bytes() == b"\\1\\2"
        (folder / "log.jsonl").unlink()
        assert LogReader(folder).load("audio", "beep", 0) == b"\\1\\2"
assert OBJECT_KINDS["sounds"] == "audio"

from pyexp.tensorboard._pb.tensorboard_pb2 import Event, Summary
from pyexp.tensorboard.reading.summaries import EventParser, Unknown

for media_type in (b"audio/wav", b"audio/other"):
    audio = Summary.Audio(encoded_audio_string=b"\\1\\2", content_type=media_type)
    event = Event(summary=Summary(value=[Summary.Value(tag=b"beep", audio=audio)]))
    [found] = EventParser().parse(event.SerializeToString()).values
    if media_type == b"audio/wav":
        assert (found.kind, found.tag, found.contents) == ("audio", "beep", (Content("audio/wav", b"\\1\\2"),))
    else:
        assert found == Unknown("beep", "audio")
"""


@pytest.mark.slow
def test_a_new_kind_is_one_row(tmp_path):
    done = subprocess.run([sys.executable, "-c", NEW_KIND, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_importing_the_table_imports_neither_capture_nor_restore():
    program = (
        "import sys, pyexp.log.kinds; "
        "print(sorted({'pickle', 'json', 'numpy', 'cloudpickle', 'pyexp.log.call.objects'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
