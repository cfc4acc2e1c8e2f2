"""One video in the light of a query, among stored colours."""

from __future__ import annotations

import numpy as np
import pytest

from data.home import Home
from data.lines import Channel
from indexer.search.inside import heights_of
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.store.vectors import VideoVectors
from tests.fakes import ColourEncoder
from tests.indexer.made import store
from tests.indexer.search.found import colour

LIBRARY = {
    "red at last": ("white", "blue", "red"),
    "green": ("green", "green", "white"),
    "blue": ("white", "blue", "green"),
}


@pytest.fixture
def searcher(home: Home) -> Searcher:
    """Clips of four seconds."""
    store(home, {name: colour(*words) for name, words in LIBRARY.items()})
    return Searcher(home, ColourEncoder())


def number(searcher: Searcher, name: str) -> int:
    return int(next(v.id for v in searcher._catalogue.videos() if v.path.name == name))


def test_the_line_is_high_where_the_video_shows_what_was_asked(searcher: Searcher) -> None:
    inside = searcher.inside(number(searcher, "red at last"), Query("red"))
    assert inside.step_s == 1.0
    assert len(inside.heights) == 12
    assert inside.heights[8:].min() > 0.9
    assert inside.heights[:7].max() < 0.3


def test_a_video_without_it_stays_flat_however_it_differs_within(searcher: Searcher) -> None:
    inside = searcher.inside(number(searcher, "green"), Query("red"))
    assert inside.heights.max() < 0.3


def test_moments_are_as_relevant_as_in_a_search_of_the_library(searcher: Searcher) -> None:
    video = number(searcher, "red at last")
    found = next(hit for hit in searcher.search(Query("red")).hits if hit.video_id == video)
    best = searcher.inside(video, Query("red")).hits[0]
    assert (best.start_s, best.end_s) == (found.start_s, found.end_s)
    assert best.relevance == pytest.approx(found.relevance)
    assert {hit.video_id for hit in searcher.inside(video, Query("red")).hits} == {video}


def test_a_question_of_other_channels_draws_no_line(searcher: Searcher) -> None:
    query = Query("red", channels=frozenset({Channel.SPEECH}))
    assert len(searcher.inside(number(searcher, "green"), query).heights) == 0


def test_a_long_video_has_a_bounded_number_of_points() -> None:
    rows = np.eye(4, dtype=np.float16)
    video = VideoVectors(
        video_id=1,
        frame_times_s=np.array([0.0, 10_000.0, 20_000.0, 30_000.0]),
        frames=rows,
        clip_ids=np.arange(4),
        clip_spans=np.array([[n * 10_000.0, (n + 1) * 10_000.0] for n in range(4)]),
        clips=rows,
    )
    sample = np.zeros((3, 4), np.float32)
    query = np.eye(4, dtype=np.float32)[2:3]
    step_s, heights = heights_of(query, video, sample, length_s=40_000.0)
    assert step_s == 10.0
    assert len(heights) == 4000
    assert heights[2400] == 1.0
    assert heights[500] == 0.0
