"""The columns of a segment, looked up by video and by row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.store.segments.columns import Columns, columns_of

VIDEOS = st.dictionaries(st.integers(1, 60), st.integers(1, 5), max_size=20)
"""Clips of each video, by its id, in the order of a segment."""


def made(videos: dict[int, int]) -> Columns:
    clips, spans = [], []
    for video_id, n in videos.items():
        starts = np.arange(n, dtype=np.float64)
        clips.append(np.arange(n) + 100 * video_id)
        spans.append(np.stack([starts, starts + 2], axis=1))
    return columns_of(list(videos), [each % 3 for each in videos], clips, spans)


@settings(max_examples=60, deadline=None)
@given(VIDEOS, st.lists(st.integers(0, 70), max_size=12))
def test_videos_and_rows_are_found_in_any_order(videos: dict[int, int], asked: list[int]) -> None:
    columns = made(videos)
    owners = np.repeat(np.array(list(videos), np.int64), list(videos.values()))
    places = columns.places(np.array(asked, np.int64))
    known = list(videos)
    assert places.tolist() == [known.index(each) if each in videos else -1 for each in asked]
    here = np.unique(places[places >= 0])
    wanted = np.flatnonzero(np.isin(owners, asked))
    assert columns.rows_at(here).tolist() == wanted.tolist()
    rows = np.arange(len(columns))
    assert columns.video_ids[columns.places_of_rows(rows)].tolist() == owners.tolist()
    mask = np.isin(columns.video_ids, asked)
    assert np.flatnonzero(columns.of_rows(mask)).tolist() == wanted.tolist()
    assert (columns.clip_ids // 100).tolist() == owners.tolist()
    assert (len(columns), columns.n_videos) == (len(owners), len(videos))
