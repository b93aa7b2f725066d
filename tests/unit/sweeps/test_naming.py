import re
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyexp.config.config import Config
from pyexp.sweeps.naming import complete_names, folder_hash, folder_names, sanitise
from pyexp.tensor.tensor import Tensor

HOSTILE = [
    "..", ".", "", "\0", "a\nb", "x" * 300, "😀" * 100, "é", "e\u0301", "a", "A", "CON", "nul.txt", "com¹", "x.", "x ",
    "-rf", " ", "...", "~", "~root", "a/../b", "C:\\x", 'a*?"<>|', "\ud800", "ß", "ss", "\u017f", "\u2028", "\u0345", "LPT1 .x",
    ".hidden", "a\u202eb", "\t", "\x7f\x85", "İ", "i\u0307", "aux. ", "conin$",
]  # fmt: skip
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


def assert_safe(folders):
    alike = [normalize("NFC", folder).casefold() for folder in folders]
    assert len(set(alike)) == len(folders)
    for folder in folders:
        assert len(folder.encode()) <= 255
        assert not re.search(r'[/\\:*?"<>|\x00-\x1f\x7f]', folder)
        assert folder[0] not in "-. ~"
        assert folder[-1] not in ". "
        assert not RESERVED.fullmatch(folder)


def test_hostile_names():
    configs = [{"name": name, "seed": seed} for name in HOSTILE for seed in (0, 1)]

    assert_safe(folder_names(configs))
    assert_safe([f"{sanitise(name)}{position}" for position, name in enumerate(HOSTILE) if name != "conin$"])


@given(st.lists(st.text(st.characters(), max_size=300), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
@pytest.mark.slow
def test_any_names(names):
    assert_safe(folder_names([{"name": name} for name in names]))


@pytest.mark.slow
def test_ten_thousand_names_that_look_alike():
    folders = folder_names([{"name": name} for name in ["é", "e\u0301", "É", "É".casefold()] * 2_500])

    assert_safe(folders)
    assert folders[0].startswith("é-")
    assert folders[1].endswith("~2")
    assert folders[-1].endswith("~10000")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exp_lr0.1_e10", "exp_lr0.1_e10"),
        (r"a/b\c:d*e?f" + '"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("x.", "x"),
        ("-rf", "_rf"),
        ("nul.txt", "_nul.txt"),
        ("console", "console"),
        ("größe 😀", "größe 😀"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("x" * 300, "x" * 200),
        ("é" * 300, "é" * 100),
        ("a" + "é" * 300, "a" + "é" * 99),
    ],
)
def test_sanitise(name, expected):
    assert sanitise(name) == expected


def test_hash_of_a_folder():
    folders = folder_names([{"name": "a-b", "x": 1}, {"name": "A-B", "x": 1}])

    assert folder_hash(folders[0]) == folder_hash(folders[1]) == folders[0][-12:]
    assert folder_hash("report") is folder_hash("a-123") is None


def test_names_are_completed_by_position():
    tensor = Tensor([Config(a=1), Config(name=""), Config(a=1, name=None)], (3, 1), {"x": [1, 2, 3], "y": [0]})

    named = complete_names(tensor)

    assert [config.name for config in named] == ["config0", "", "config2"]
    assert list(named[0]) == ["name", "a"]
    assert named.axes == tensor.axes
    assert "name" not in tensor[0]
