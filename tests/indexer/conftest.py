"""A home and four painted videos."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.home import Home, resolve_home
from tests.indexer.made import paint


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("painted")
    paint(folder / "red-blue.mp4", ("red", 3), ("blue", 5))
    paint(folder / "green.mp4", ("green", 4))
    paint(folder / "sub" / "white-black.mp4", ("white", 2), ("black", 2))
    paint(folder / "sub" / "yellow.mp4", ("yellow", 3))
    return folder


@pytest.fixture
def videos(painted: Path, tmp_path: Path) -> Path:
    return shutil.copytree(painted, tmp_path / "videos")
