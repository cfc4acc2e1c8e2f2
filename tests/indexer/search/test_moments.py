"""Clips that match become moments: one row per event."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from data.catalogue import ClipTable
from indexer.search.moments import Moment, ScoredClip, ScoredClips, as_moments, iou, merge_clips


def clip(clip_id: int, start_s: float, end_s: float, score: float, video_id: int = 1) -> ScoredClip:
    return ScoredClip(clip_id, video_id, start_s, end_s, score)


def columns(clips: Sequence[ScoredClip]) -> ScoredClips:
    ids = np.array([[each.clip_id, each.video_id] for each in clips], np.int64)
    times = np.array([[each.start_s, each.end_s, each.score] for each in clips], np.float64)
    return ScoredClips(ClipTable(ids[:, 0], ids[:, 1], times[:, 0], times[:, 1]), times[:, 2])


def merged(clips: Sequence[ScoredClip], background: float) -> list[Moment]:
    return list(merge_clips(columns(clips), background=background))


def spans(moments: list[Moment]) -> list[tuple[float, float, float]]:
    return [(m.start_s, m.end_s, m.score) for m in moments]


def test_clips_that_touch_or_overlap_and_match_alike_are_one_moment() -> None:
    moments = merged(
        [clip(1, 0, 10, 0.8), clip(2, 5, 15, 0.9), clip(3, 15, 25, 0.85)], background=0.1
    )
    assert spans(moments) == [(0, 25, 0.9)]
    assert moments[0].clip_ids == (2, 3, 1)


def test_a_gap_keeps_moments_apart() -> None:
    moments = merged([clip(1, 0, 10, 0.8), clip(2, 10.1, 20, 0.9)], background=0.1)
    assert spans(moments) == [(10.1, 20, 0.9), (0, 10, 0.8)]


def test_a_weak_neighbour_neither_widens_a_moment_nor_is_one() -> None:
    moments = merged(
        [clip(1, 0, 10, 0.9), clip(2, 10, 20, 0.5), clip(3, 20, 30, 0.4)], background=0.1
    )
    # 0.1 + 0.75 * 0.8 = 0.7 would be needed; the third clip does not touch the moment.
    assert spans(moments) == [(0, 10, 0.9), (20, 30, 0.4)]


def test_a_strong_clip_behind_a_weak_one_is_a_moment_of_its_own() -> None:
    clips = [clip(1, 0, 5, 0.9), clip(2, 5, 10, 0.2), clip(3, 10, 15, 0.85)]
    assert spans(merged(clips, background=0.1)) == [(0, 5, 0.9), (10, 15, 0.85)]


def test_videos_never_mix() -> None:
    moments = merged(
        [clip(1, 0, 10, 0.8, video_id=1), clip(2, 0, 10, 0.9, video_id=2)], background=0.1
    )
    assert [m.video_id for m in moments] == [2, 1]


def test_a_peak_below_the_background_still_is_a_moment() -> None:
    moments = merged([clip(1, 0, 10, 0.1), clip(2, 10, 20, 0.05)], background=0.5)
    assert spans(moments) == [(0, 10, 0.1)]


def test_without_merging_every_clip_is_a_moment() -> None:
    moments = list(as_moments(columns([clip(1, 0, 10, 0.8), clip(2, 5, 15, 0.9)])))
    assert spans(moments) == [(5, 15, 0.9), (0, 10, 0.8)]


def test_few_moments_of_many_videos_are_the_first_of_all_of_them() -> None:
    draw = np.random.default_rng(4)
    scores = draw.choice(np.linspace(-1, 1, 40), 400).tolist()
    starts_s, videos = 4.0 * draw.integers(0, 9, 400), draw.integers(1, 60, 400)
    rows = enumerate(zip(videos.tolist(), starts_s.tolist(), scores, strict=True), start=1)
    clips = [clip(at, start, start + 3, score, video) for at, (video, start, score) in rows]
    every = merged(clips, background=0.1)
    assert every == sorted(every, key=lambda m: (-m.score, m.video_id, m.start_s))
    assert [*islice(merge_clips(columns(clips), background=0.1), 7)] == every[:7]


def test_clips_of_the_best_videos_are_kept_whole() -> None:
    clips = [clip(1, 0, 5, 0.2, 1), clip(2, 0, 5, 0.9, 2), clip(3, 5, 9, 0.1, 2)]
    clips += [clip(4, 0, 5, 0.5, 3), clip(5, 0, 5, 0.9, 4)]
    best = columns(clips).of_best_videos(3)
    assert best.table.ids.tolist() == [2, 3, 4, 5]


CLIPS = st.lists(
    st.tuples(
        st.integers(1, 2), st.integers(0, 40), st.integers(1, 12), st.floats(-1, 1, width=16)
    ),
    min_size=1,
    max_size=25,
)


@given(CLIPS, st.floats(-1, 1))
def test_moments_never_touch_and_the_best_clip_leads(
    rows: list[tuple[int, int, int, float]], background: float
) -> None:
    clips = [
        clip(i, start, start + length, score, video_id)
        for i, (video_id, start, length, score) in enumerate(rows)
    ]
    moments = merged(clips, background=background)
    assert moments[0].score == max(c.score for c in clips)
    assert [m.score for m in moments] == sorted((m.score for m in moments), reverse=True)
    for i, one in enumerate(moments):
        for other in moments[:i]:
            if one.video_id == other.video_id:
                assert one.start_s > other.end_s or one.end_s < other.start_s
    by_id = {c.clip_id: c for c in clips}
    for moment in moments:
        members = [by_id[i] for i in moment.clip_ids]
        assert moment.start_s == min(c.start_s for c in members)
        assert moment.end_s == max(c.end_s for c in members)
        assert moment.score == members[0].score == max(c.score for c in members)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (5, 15), 1 / 3),
        ((0, 5), (5, 9), 0.0),
        ((0, 2), (4, 6), 0),
    ],
)
def test_iou_is_intersection_over_union(
    one: tuple[float, float], other: tuple[float, float], expected: float
) -> None:
    assert iou(one, other) == pytest.approx(expected)
