"""Clips cover the video by the rules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.video.clips.spans import split_clips


def test_long_shots_become_windows_that_overlap_by_half() -> None:
    spans = split_clips(np.arange(60) / 2, 30.0, [])
    assert [(s.start_s, s.end_s) for s in spans] == [(0, 10), (5, 15), (10, 20), (15, 25), (20, 30)]
    assert [(s.first, s.last) for s in spans] == [(0, 20), (10, 30), (20, 40), (30, 50), (40, 60)]


def test_shots_are_clips_of_their_own() -> None:
    spans = split_clips(np.arange(16) / 2, 8.0, [3.25])
    assert [(s.start_s, s.end_s, s.first, s.last) for s in spans] == [
        (0.0, 3.25, 0, 7),
        (3.25, 8.0, 7, 16),
    ]


@pytest.mark.parametrize(
    ("cuts_s", "borders_s"),
    [
        ([0.25], [0, 0.25, 8]),
        ([2.0, 2.25], [0, 2, 2.25, 8]),  # the frame at 2 s is between them
        ([2.1, 2.25], [0, 2.1, 8]),  # none is
        ([7.5], [0, 7.5, 8]),  # the last frame is a shot of its own
        ([7.6], [0, 8]),
    ],
)
def test_a_shot_has_a_frame_and_a_frame_at_a_cut_belongs_to_the_later_shot(
    cuts_s: list[float], borders_s: list[float]
) -> None:
    spans = split_clips(np.arange(16) / 2, 8.0, cuts_s)
    assert [(s.start_s, s.end_s) for s in spans] == list(pairwise(borders_s))


def test_a_window_without_a_frame_belongs_to_the_clip_before_it() -> None:
    times_s = np.r_[np.arange(20) / 2, 72_000 + np.arange(4) / 2]
    spans = split_clips(times_s, 72_002.0, [])
    assert [(s.first, s.last) for s in spans] == [(0, 20), (20, 24)]
    assert spans[1].start_s >= 71_990


def test_pictures_that_stand_long_are_about_one_clip_each() -> None:
    times_s = np.concatenate([hour * 3600 + np.arange(20) / 2 for hour in range(50)])
    spans = split_clips(times_s, 50 * 3600.0, [])
    assert 50 <= len(spans) <= 60


def test_endless_time_gives_no_endless_clips() -> None:
    spans = split_clips(np.arange(30) / 2, 1e15, [])
    assert [(s.start_s, s.first, s.last) for s in spans[:2]] == [(0.0, 0, 20), (5.0, 10, 30)]
    assert len(spans) <= 4
    assert spans[-1].end_s == 1e15


@pytest.mark.parametrize(
    ("length_s", "overlap", "starts_s", "last_s"),
    [
        (20.0, 0.5, [0, 10], 30),
        (20.0, 0.0, [0, 15], 30),  # equal pieces, and no moment twice
        (10.0, 0.8, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20], 30),
        (300.0, 0.5, [0], 30),
    ],
)
def test_any_length_and_any_overlap(
    length_s: float, overlap: float, starts_s: list[float], last_s: float
) -> None:
    spans = split_clips(np.arange(60) / 2, 30.0, [], window_s=length_s, overlap=overlap)
    assert [span.start_s for span in spans] == starts_s
    assert spans[-1].end_s == last_s
    if not overlap:
        assert [span.first for span in spans[1:]] == [span.last for span in spans[:-1]]


def test_one_frame_is_one_clip_and_none_is_none() -> None:
    (only,) = split_clips(np.array([0.0]), 0.1, [])
    assert (only.start_s, only.end_s, only.first, only.last) == (0.0, 0.1, 0, 1)
    (odd,) = split_clips(np.array([0.0]), 0.0, [5.0])
    assert odd.end_s > odd.start_s
    assert split_clips(np.zeros(0), 8.0, []) == []
    with pytest.raises(ValueError, match="window_s=0"):
        split_clips(np.zeros(1), 8.0, [], window_s=0)
    with pytest.raises(ValueError, match="overlap=1"):
        split_clips(np.zeros(1), 8.0, [], overlap=1)


@settings(max_examples=200, deadline=None)
@given(
    gaps_s=st.lists(st.floats(0.01, 30), min_size=0, max_size=60),
    first_s=st.floats(0, 0.4),
    rest_s=st.floats(-5, 30),
    cuts_s=st.lists(st.floats(-5, 400), max_size=8),
    window_s=st.floats(0.5, 25),
    overlap=st.sampled_from([0, 0.1, 0.5, 0.9]),
)
def test_clips_cover_the_video_by_the_rules(
    gaps_s: list[float],
    first_s: float,
    rest_s: float,
    cuts_s: list[float],
    window_s: float,
    overlap: float,
) -> None:
    times_s = first_s + np.concatenate([[0.0], np.cumsum(gaps_s)])
    duration_s = float(times_s[-1]) + rest_s
    spans = split_clips(times_s, duration_s, cuts_s, window_s=window_s, overlap=overlap)
    assert spans[0].start_s == 0.0
    assert spans[-1].end_s >= max(duration_s, float(times_s[-1]))
    reach = 0.0
    for before, span in zip([None, *spans], spans, strict=False):
        assert 0 <= span.first < span.last <= len(times_s)
        assert span.end_s > span.start_s
        if span.end_s - span.start_s > window_s + 1e-9:  # the rest has no frame of its own
            assert times_s[span.last - 1] - times_s[span.first] < window_s + 1e-9
        assert span.start_s <= reach + 1e-9
        inside = (times_s >= span.start_s) & (times_s < span.end_s)
        if inside.any():
            assert np.flatnonzero(inside).tolist() == list(range(span.first, span.last))
        if before is not None and span.start_s < before.end_s - 1e-9:
            assert overlap
            # Frames of one shot that are nearer than clips overlap share a clip.
            least_s = window_s * overlap - 1e-6
            near = times_s[before.last] - times_s[before.first : before.last] < least_s
            assert span.first <= before.last - int(near.sum())
        reach = max(reach, span.end_s)
    covered = {at for span in spans for at in range(span.first, span.last)}
    assert covered == set(range(len(times_s)))
