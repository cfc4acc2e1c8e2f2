"""A library without any folder, from which the tests of this page make theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build.removal import remove_paths
from tests.ui.conftest import copy_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture(scope="module")
def bare(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows the toon encoder and no video; tests must not change it."""
    bare = copy_of(home, tmp_path_factory.mktemp("bare") / "home")
    with Catalogue(Home(bare)) as catalogue:
        roots = catalogue.files.roots()
    remove_paths(Home(bare), roots)
    return bare


def cards(page: Page) -> Locator:
    """The cards of the wall that have their video."""
    return page.locator(".wall .card[data-video-id]")
