"""One house for all who try what a visitor may."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.server.house import House, housed


@pytest.fixture(scope="session")
def house(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(home, tmp_path_factory.mktemp("house")) as made:
        yield made
