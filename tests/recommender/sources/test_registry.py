"""The registry says everything about a source that other modules need."""

from __future__ import annotations

import pytest

from recommender.events.log import EventLog
from recommender.sources.popularity import CrowdCounts
from recommender.sources.registry import (
    BY_NAME,
    SOURCES,
    FitData,
    SourceKind,
    default_settings,
    live_sources,
)
from tests.recommender.people import themed
from tests.recommender.tables import interactions

VIDEOS = themed()


def watched() -> EventLog:
    words = " ".join(f"p{p}:{(7 * p + n) % len(VIDEOS)}@{n}" for p in range(12) for n in range(4))
    return interactions(words, n_items=len(VIDEOS))


def test_names_and_settings_are_unique() -> None:
    assert len(BY_NAME) == len(SOURCES)
    settings = [one.name for kind in SOURCES for one in kind.settings]
    assert sorted(default_settings()) == sorted(settings)


@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.name)
def test_a_setting_is_tuned_from_its_default(kind: SourceKind) -> None:
    for setting in kind.settings:
        assert setting.default in setting.choices
        assert list(setting.choices) == sorted(setting.choices)


@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.name)
def test_a_source_is_saved_or_follows_the_events(kind: SourceKind) -> None:
    assert (kind.load is None) == (kind.live is not None)
    assert bool(kind.keeps) == (kind.load is not None)
    assert ("{title}" in kind.reason) == kind.personal


def test_live_sources_are_those_that_are_fitted_without_them() -> None:
    log = watched()
    data = FitData(log, VIDEOS, default_settings(), dense_limit=100)
    live = live_sources(CrowdCounts(log, VIDEOS))
    assert set(live) == {kind.name for kind in SOURCES if kind.live}
    for name, source in live.items():
        expected = BY_NAME[name].fit(data).scores(log.histories)
        assert source.scores(log.histories).tolist() == expected.tolist()


def test_both_forms_of_ease_share_their_links_until_their_settings_change() -> None:
    data = FitData(watched(), VIDEOS, default_settings(), dense_limit=100)
    assert data.ease_links is data.ease_links
    other = FitData(data.log, VIDEOS, {**data.settings, "ridge": 7.0}, 100, data.cache)
    assert other.ease_links is not FitData(data.log, VIDEOS, data.settings, 100).ease_links
    assert other.ease_links is other.ease_links
