"""What all channels say together: never less than the best of them, and never punished for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.records import Video
from data.lines.line import Channel, Line
from indexer.search.hits.fusion import fuse, surprise
from indexer.search.result import Hit
from indexer.search.words.found import FoundWords

VIDEOS = {
    n: Video(n, Path(f"/v/{n}.mp4"), f"film {n}", 60.0, 64, 48, 25.0, "h264", f"k{n}",
             datetime(2026, 1, 1, tzinfo=UTC))
    for n in range(1, 6)
}  # fmt: skip


def seen(video: int, relevance: float, start_s: float = 10.0) -> Hit:
    path = Path(f"/v/{video}.mp4")
    return Hit(1, video, path, "", start_s, start_s + 5, relevance, relevance, {}, (7,))


def said(
    video: int, relevance: float, start_s: float = 30.0, channel: Channel = Channel.SPEECH
) -> FoundWords:
    end_s = 60.0 if channel in (Channel.TITLE, Channel.PATH) else start_s + 2
    line = Line(channel, start_s, end_s, "a red kite")
    return FoundWords(video, line, relevance, 1.0, ((2, 5),))


def order(hits: list[Hit]) -> list[tuple[int, float]]:
    return [(hit.video_id, hit.start_s) for hit in hits]


def test_the_more_certain_channel_comes_first() -> None:
    hits = fuse([seen(1, 0.4), seen(2, 0.3)], [said(3, 0.95)], VIDEOS, 10)
    assert order(hits) == [(3, 30.0), (1, 10.0), (2, 10.0)]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.relevance for hit in hits] == pytest.approx([0.95, 0.4, 0.3], abs=1e-6)
    assert [hit.why["text"] for hit in hits] == [0.95, None, None]


def test_a_weak_line_does_not_overtake_what_is_seen() -> None:
    hits = fuse([seen(1, 0.9)], [said(2, 0.2), said(3, 0.1)], VIDEOS, 10)
    assert [hit.video_id for hit in hits] == [1, 2, 3]


def test_the_order_of_the_picture_stays_where_nothing_is_said() -> None:
    some = [replace(seen(n, 1.0), start_s=float(n)) for n in (3, 1, 2)]
    assert order(fuse(some, [], VIDEOS, 10)) == [(3, 3.0), (1, 1.0), (2, 2.0)]
    assert order(fuse(some, [said(4, 0.05)], VIDEOS, 10))[:3] == [(3, 3.0), (1, 1.0), (2, 2.0)]


def test_what_is_seen_and_said_at_one_time_is_one_hit_and_more_than_either() -> None:
    hits = fuse([seen(1, 0.6), seen(2, 0.6)], [said(2, 0.6, start_s=12.0)], VIDEOS, 10)
    assert [hit.video_id for hit in hits] == [2, 1]
    assert hits[0].relevance == pytest.approx(1 - 0.4 * 0.4)
    assert [match.channel for match in hits[0].matched] == [Channel.PICTURE, Channel.SPEECH]
    assert hits[0].matched[1].marks == ((2, 5),)


def test_start_and_end_come_from_the_channel_that_found_it() -> None:
    (heard,) = fuse([seen(1, 0.1)], [said(1, 0.9, start_s=11.0)], VIDEOS, 10)
    assert (heard.start_s, heard.end_s) == (11.0, 13.0)
    (shown,) = fuse([seen(1, 0.9)], [said(1, 0.3, start_s=11.0)], VIDEOS, 10)
    assert (shown.start_s, shown.end_s) == (10.0, 15.0)
    (named,) = fuse([], [said(1, 0.9, channel=Channel.TITLE, start_s=0.0)], VIDEOS, 10)
    assert (named.start_s, named.end_s) == (0.0, 60.0)


def test_a_name_lifts_the_best_moment_of_its_video_once() -> None:
    title = said(1, 0.9, channel=Channel.TITLE, start_s=0.0)
    hits = fuse([seen(2, 0.8), seen(1, 0.5), seen(1, 0.3, start_s=40.0)], [title], VIDEOS, 10)
    assert order(hits) == [(1, 10.0), (2, 10.0), (1, 40.0)]
    assert hits[0].relevance == pytest.approx(1 - 0.5 * 0.1)


def test_lines_that_follow_each_other_are_one_moment_and_not_without_end() -> None:
    lines = [said(1, 0.9, start_s=float(3 * n)) for n in range(40)]
    hits = fuse([], lines, VIDEOS, 10)
    assert len(hits) == 2
    assert all(hit.end_s - hit.start_s <= 60 for hit in hits)


def test_videos_that_may_not_be_found_are_not() -> None:
    assert fuse([], [said(9, 0.9)], VIDEOS, 10) == []
    assert fuse([seen(1, 0.5)], [said(2, 0.9)], VIDEOS, 0) == []


def test_surprise_rises_with_relevance_and_ends() -> None:
    values = [surprise(p) for p in (0.0, 0.5, 0.9, 0.999, 1.0)]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[-1] < 20


def test_a_tag_that_was_seen_counts_with_the_picture_and_one_of_a_person_beside_it() -> None:
    tag = replace(said(1, 0.7, start_s=12.0, channel=Channel.TAG), is_seen=True)
    (hit,) = fuse([seen(1, 0.6)], [tag], VIDEOS, 10)
    assert hit.relevance == pytest.approx(0.7)
    assert hit.why == {"visual": 0.6, "text": None, "tag": 0.7}
    (weaker,) = fuse([seen(1, 0.8)], [tag], VIDEOS, 10)
    assert weaker.relevance == pytest.approx(0.8)
    (given,) = fuse([seen(1, 0.8)], [replace(tag, is_seen=False)], VIDEOS, 10)
    assert given.relevance > 0.85
    assert (given.start_s, given.end_s) == (10.0, 15.0)  # it says nothing of when
