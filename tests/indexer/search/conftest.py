"""An empty library."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home, resolve_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home
