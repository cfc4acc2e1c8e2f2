"""A library to annotate through the API, and asking it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.home import resolve_home
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store
from tests.ui.api.conftest import As
from ui.api.application import build_api
from ui.api.served import Served, Visitor
from ui.library.library import Library

N = 12
WORDS = ("red", "blue")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Videos of two clips, every second near red, the others near blue."""
    home = resolve_home(tmp_path / "home")
    home.make()
    rng = np.random.default_rng(0)
    words = ColourEncoder().encode_texts(list(WORDS))
    clips = {
        f"v{n:02d}.mp4": unit_rows(words[n % 2][None] + rng.normal(0, 0.25, (2, 8)))
        for n in range(N)
    }
    store(home, clips)
    with Library(home.root) as opened:
        yield opened


def asking(library: Library, visitor: Visitor) -> TestClient:
    return TestClient(As(build_api(Served(library)), visitor))


def get(client: TestClient, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def post(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()
