"""Odd clips next to each other are one alert; what is quiet sets the threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.oddities.alerts import alerts, hours, quiet_threshold
from indexer.oddities.unlike import Clips


def film(n: int, *, video: int = 1, step_s: float = 5.0, length_s: float = 10.0) -> Clips:
    starts_s = step_s * np.arange(n, dtype=np.float64)
    vectors = np.zeros((n, 2), np.float32)
    return Clips(vectors, np.full(n, video), starts_s, starts_s + length_s)


def test_odd_clips_that_overlap_or_touch_are_one_alert() -> None:
    clips = film(8, step_s=10.0)
    values = np.array([0.1, 0.8, 0.9, 0.1, 0.7, np.nan, 0.1, 0.6])
    found = [
        (each.start_s, each.end_s, each.score, each.row) for each in alerts(clips, values, 0.5)
    ]
    assert found == [(10, 30, 0.9, 2), (40, 50, 0.7, 4), (70, 80, 0.6, 7)]


def test_clips_of_two_videos_are_never_one_alert() -> None:
    one, other = film(2), film(2, video=2)
    both = Clips(
        np.concatenate([one.vectors, other.vectors]),
        np.concatenate([one.videos, other.videos]),
        np.concatenate([one.starts_s, other.starts_s]),
        np.concatenate([one.ends_s, other.ends_s]),
    )
    assert [each.video_id for each in alerts(both, np.ones(4), 0.5)] == [1, 2]
    assert hours(both) == pytest.approx(2 * 15 / 3600)


def test_time_that_two_clips_show_counts_once() -> None:
    assert hours(film(720)) == pytest.approx((719 * 5 + 10) / 3600)
    assert hours(film(0)) == 0


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=60),
    st.integers(0, 6),
)
def test_a_quiet_stretch_raises_as_many_alerts_as_are_allowed_and_no_threshold_is_too_high(
    values: list[int], allowed: int
) -> None:
    clips = film(len(values), step_s=20.0)
    scores = np.array(values, np.float64)
    per_hour = allowed / hours(clips)
    threshold = quiet_threshold(clips, scores, per_hour * (1 + 1e-9))
    assert len(alerts(clips, scores, threshold)) <= allowed
    lower = [each for each in np.nextafter(np.unique(scores), np.inf) if each < threshold]
    if lower:
        assert len(alerts(clips, scores, lower[-1])) > allowed


def test_nothing_allowed_is_above_all_that_is_quiet() -> None:
    clips, scores = film(20), np.linspace(0.1, 0.4, 20)
    threshold = quiet_threshold(clips, scores, 0.0)
    assert 0.4 < threshold < 0.4001
