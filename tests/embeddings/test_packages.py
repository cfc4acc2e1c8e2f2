"""Files of packages: unpacked once where they can be kept, and there all the same where not."""

from __future__ import annotations

import errno
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from data.errors import DamagedFile
from embeddings import packages
from embeddings.packages import PackagedFile

CONTENT = b"weights" * 1000
FILE = PackagedFile(
    package="no_package",
    file="model.zip",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
    distribution="no-package==1",
    member="inside/model.bin",
)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package, and an empty cache."""
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr(FILE.member, CONTENT)
    monkeypatch.setattr(PackagedFile, "_inside", lambda self: tmp_path / "model.zip")
    monkeypatch.setattr(packages, "kept_models", lambda: tmp_path / "kept")
    monkeypatch.setattr(packages, "_IN_MEMORY", {})
    return tmp_path / "kept"


def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one each time the archive is read."""
    times: list[str] = []
    unpack = PackagedFile._unpacked

    def counted(file: PackagedFile) -> bytes:
        times.append(file.name)
        return unpack(file)

    monkeypatch.setattr(PackagedFile, "_unpacked", counted)
    return times


def test_a_member_is_unpacked_once_and_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = unpacked(monkeypatch)
    assert [FILE.path().read_bytes() for _ in range(2)] == [CONTENT, CONTENT]
    assert FILE.path().is_relative_to(kept)
    assert len(times) == 1


def test_a_kept_copy_that_is_damaged_is_made_anew(kept: Path) -> None:
    FILE.path().write_bytes(b"other")
    assert FILE.path().read_bytes() == CONTENT
    assert FILE.path().is_relative_to(kept)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_where_nothing_can_be_kept_it_is_held_in_memory(
    kept: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    times = unpacked(monkeypatch)
    monkeypatch.setattr(packages, "write_atomic", refuse)
    assert [FILE.path().read_bytes() for _ in range(2)] == [CONTENT, CONTENT]
    assert not FILE.path().is_relative_to(kept)
    assert len(times) == 1


def test_without_memory_files_a_temporary_folder_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr(PackagedFile, "_is_kept", lambda self, content: False)
    assert FILE.path().read_bytes() == CONTENT


def test_a_user_without_a_home_gets_no_folder_in_the_working_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packages, "kept_models", lambda: Path("~/.cache/reelwise/models"))
    assert FILE.path().read_bytes() == CONTENT
    assert not (tmp_path / "~").exists()


def test_other_bytes_than_were_published_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr(FILE.member, b"other")
    with pytest.raises(DamagedFile, match="not the published file") as refused:
        FILE.path()
    assert "no-package==1" in refused.value.fix


def test_it_is_known_by_the_installed_file_whether_it_is_unpacked_or_not(kept: Path) -> None:
    assert FILE.source() == kept.parent / "model.zip"
