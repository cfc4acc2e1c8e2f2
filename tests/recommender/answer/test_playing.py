from __future__ import annotations

import numpy as np
import pytest

from data.history.events import Event
from recommender.answer.playing import (
    LINKED_SHARE,
    PLAYING,
    PLAYING_WEIGHT,
    PlayingNow,
    as_watched_last,
    with_playing,
)
from recommender.answer.scoring import linking
from recommender.events.log import EventLog, read_events
from recommender.model.blend import Blend
from recommender.model.model import Settings, fit_sources
from tests.recommender.people import event, themed

VIDEOS = themed()


def now(*events: Event, trust: float = 1.0) -> PlayingNow:
    log = read_events(events, VIDEOS)
    return PlayingNow(VIDEOS, linking(fit_sources(log, VIDEOS, Settings())), trust)


def together(a: int, b: int) -> list[Event]:
    others = [event(f"q{i}", 30 + i % 5) for i in range(40)]
    return [event(f"p{i}", v) for i in range(40) for v in (a, b)] + others


def test_without_a_crowd_looks_alone_tell_what_goes_with_a_video() -> None:
    scores = now().scores(12)[0]
    assert scores[12] == 0.0
    assert {int(row) // 10 for row in np.argsort(-scores)[:9]} == {1}
    assert 0.0 <= scores.min() < scores.max() <= 1.0


def test_what_was_watched_with_it_goes_with_it_whatever_it_looks_like() -> None:
    scores = now(*together(1, 51)).scores(0)[0]
    assert set(np.argsort(-scores)[:10].tolist()) == {50, *range(1, 10)}


def test_the_crowd_is_believed_as_far_as_it_is_trusted() -> None:
    full, half, none = (now(*together(1, 51), trust=t).scores(0)[0] for t in (1.0, 0.5, 0.0))
    assert full[50] > half[50] > none[50]
    assert none == pytest.approx(now().scores(0)[0])
    assert full[1] == pytest.approx((1 - LINKED_SHARE) * none[1], abs=1e-6)


def test_some_rows_are_scored_as_among_all_and_the_rest_is_left_out() -> None:
    allowed = np.zeros((1, len(VIDEOS)), bool)
    allowed[0, [3, 0, 50, 20]] = True
    rows = np.array([3, 0, 50, 20])
    playing = now(*together(1, 51))
    whole = playing.scores(0, allowed)[0]
    assert not whole[~allowed[0]].any()
    assert playing.scores(0, np.ones((1, 4), bool), rows)[0] == pytest.approx(whole[rows])
    assert whole[0] == 0.0


def test_it_is_one_more_source_and_the_blend_still_adds_up_to_at_most_1() -> None:
    blend = Blend(("content",), np.array([[[1.0, 0.2, 0.0]]], np.float32))
    got = with_playing(blend, np.array([[0.0, 1.0, 0.5]], np.float32))
    assert got.names == ("content", PLAYING)
    assert got.total[0].tolist() == pytest.approx(
        [1 - PLAYING_WEIGHT, 0.2 * (1 - PLAYING_WEIGHT) + PLAYING_WEIGHT, 0.5 * PLAYING_WEIGHT]
    )
    assert [got.source(0, row) for row in range(3)] == ["content", PLAYING, PLAYING]


def test_the_playing_video_stands_once_in_a_history_at_its_end() -> None:
    log = read_events([event("a", v, day=v) for v in (3, 1, 2)], VIDEOS)
    got = as_watched_last(log.pairs.history(len(VIDEOS)), 1)
    assert got.item.tolist() == [0, 2, 1]
    assert got.weight[-1] == 1.0
    assert np.diff(got.at_s).min() > 0
    assert got.lengths.tolist() == [3]
    alone = as_watched_last(EventLog.empty({}, len(VIDEOS)).pairs.history(len(VIDEOS)), 7)
    assert (alone.item.tolist(), alone.starts.tolist()) == ([7], [0, 1])
