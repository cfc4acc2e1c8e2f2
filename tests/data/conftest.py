"""An empty home and its catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home, resolve_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        yield opened
