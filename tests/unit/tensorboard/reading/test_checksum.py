import random
import sys
import types
import warnings
from importlib.util import find_spec

import pytest

from pyexp.tensorboard.reading import checksum
from pyexp.tensorboard.reading.checksum import by_table, crc32c, fastest, masked_crc32c


@pytest.mark.parametrize("function", dict.fromkeys((crc32c, by_table)), ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    ("data", "crc"),
    [  # https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"", 0),
    ],
)
def test_the_values_of_the_specification(monkeypatch, function, data, crc):
    assert function(data) == crc
    monkeypatch.setattr(checksum, "crc32c", function)
    assert masked_crc32c(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_zeros_in_front_count():
    assert len({crc32c(bytes(size)) for size in range(5000, 5010)}) == 10


@pytest.mark.parametrize("package", ["google_crc32c", "crc32c"])
def test_a_package_counts_as_the_table_does(package, monkeypatch):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    monkeypatch.setattr(checksum, "_PACKAGES", [names for names in checksum._PACKAGES if names[0] == package])
    data = random.Random(5).randbytes(3000)
    assert fastest()(data) == by_table(data)


def install(monkeypatch, **packages):
    for name in ("google_crc32c", "crc32c"):
        monkeypatch.setitem(sys.modules, name, packages.get(name))  # None: cannot be imported


def test_the_first_package_written_for_speed_is_taken(monkeypatch):
    google = types.SimpleNamespace(value=lambda data: 1, implementation="c")
    other = types.SimpleNamespace(crc32c=lambda data: 2)
    install(monkeypatch)
    assert fastest() is by_table
    install(monkeypatch, crc32c=other)
    assert fastest() is other.crc32c
    install(monkeypatch, google_crc32c=google, crc32c=other)
    assert fastest() is google.value
    google.implementation = "python"
    assert fastest() is other.crc32c
    install(monkeypatch, google_crc32c=google)
    assert fastest() is by_table


def test_a_package_that_warns_at_its_import_fails_nobody(monkeypatch, tmp_path):
    (tmp_path / "google_crc32c.py").write_text("import warnings\nwarnings.warn('slow', RuntimeWarning)\nvalue = hash\n")
    install(monkeypatch)
    monkeypatch.delitem(sys.modules, "google_crc32c")
    monkeypatch.syspath_prepend(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fastest() is hash
    del sys.modules["google_crc32c"]
