"""A home that people have watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home
from recommender.choosing.train import Choice
from recommender.model.blend import weights_from
from recommender.model.model import Settings
from recommender.sources.registry import SOURCES, default_settings
from tests.recommender.watched_library import indexed_home, watch

EVERYTHING = Settings(
    weights_from([{kind.name: 1.0 for kind in SOURCES if not kind.slow}] * 4),
    {**default_settings(), "next_ridge": 3.0},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = indexed_home(tmp_path / "home")
    watch(home, 30)
    return home


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Training chooses these: all sources but the slow one."""
    choice = Choice(EVERYTHING, "history", "because", {})
    monkeypatch.setattr("recommender.choosing.train.choose", lambda basis, note: choice)
    return EVERYTHING
