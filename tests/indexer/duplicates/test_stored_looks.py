"""Stored looks come back as they were; what cannot be used is known to be so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import DamagedFile
from indexer.duplicates import stored_looks
from indexer.duplicates.stored_looks import check_looks, read_looks, write_looks

LOOKS = {
    3: np.arange(110, dtype=np.int8).reshape(2, 55),
    9: np.zeros((0, 55), np.int8),
    4: np.full((1, 55), -7, np.int8),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "duplicates" / "made-1.0.looks"
    write_looks(path, LOOKS)
    return path


def test_they_come_back(path: Path) -> None:
    found = read_looks(path)
    assert list(found) == [3, 9, 4]
    assert all(np.array_equal(found[each], rows) for each, rows in LOOKS.items())
    assert check_looks(path) is None
    write_looks(path, {})
    assert read_looks(path) == {}


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert read_looks(tmp_path / "none.looks") == {}


def test_any_other_byte_is_damage(path: Path) -> None:
    whole = path.read_bytes()
    for at in (0, len(stored_looks.FORMAT) + 3, 100, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedFile, match="not as it was written"):
            read_looks(path)
        assert check_looks(path) is not None
    path.write_bytes(whole[:50])
    with pytest.raises(DamagedFile):
        read_looks(path)


def test_those_of_another_format_are_not_known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_looks, "FORMAT", b"reelwise looks 2\n")
    assert read_looks(path) == {}
    assert check_looks(path) is None
