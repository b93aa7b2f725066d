from __future__ import annotations

import pytest

from pyexp.errors import DamagedFileError
from pyexp.store.checkpoints import load_checkpoint, save_checkpoint


def test_reads_back_what_was_saved(tmp_path):
    path = tmp_path / ".checkpoints" / "train.pkl"

    save_checkpoint(path, {"returned": 3})

    assert load_checkpoint(path) == {"returned": 3}


def test_lambda_is_saved_by_value(tmp_path):
    path = tmp_path / "folder" / "train.pkl"

    save_checkpoint(path, lambda: 7)

    assert load_checkpoint(path)() == 7


def test_missing_one_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.pkl")


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"cgone\nThing\n."])
def test_damaged_one_is_named(tmp_path, content):
    path = tmp_path / "train.pkl"
    path.write_bytes(content)

    with pytest.raises(DamagedFileError, match=r"train\.pkl"):
        load_checkpoint(path)
