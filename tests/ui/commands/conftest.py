"""Queries of the toons, and a library of its own for a test that changes it."""

import csv
import shutil
from pathlib import Path

import pytest

from data.toons.library import ToonLibrary


def queries(toons: ToonLibrary) -> list[dict[str, str]]:
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def own(toons: ToonLibrary, tmp_path: Path) -> tuple[Path, Path]:
    """A folder of three cartoons and an empty home, for tests that change things."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for number in (1, 2, 3):
        shutil.copy(toons.folder / f"toon-000{number}.mp4", folder)
    return folder, tmp_path / "home"
