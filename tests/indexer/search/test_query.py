"""Queries, their filters, and references to a stretch of a video."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import ClipTable, FileRecord, Video
from data.errors import ReelwiseError
from data.home import Home
from data.lines import Channel
from indexer.search.query import Filters, Query, indexed_folder


@pytest.mark.parametrize(("text", "without"), [(None, None), ("  ", None), (None, "blue")])
def test_a_query_needs_something_to_look_for(text: str | None, without: str | None) -> None:
    with pytest.raises(ReelwiseError, match="something to look for"):
        Query(text=text, without=without)


def test_an_example_is_not_looked_for_where_the_picture_is_left_out() -> None:
    lines = frozenset({Channel.SPEECH, Channel.SCREEN})
    assert Query(text="red", channels=lines).channels == lines
    assert Query(like="a.mp4", channels=lines | {Channel.PICTURE}).like == "a.mp4"
    for text in (None, "red"):
        with pytest.raises(ReelwiseError, match="these channels leave out"):
            Query(text=text, image=Path("a.png"), channels=lines)


def test_a_query_as_a_dict_has_only_the_given_parts() -> None:
    query = Query(text=" red ", like=Path("a.mp4"), without="blue")
    assert query.as_dict() == {"text": "red", "like": "a.mp4", "without": "blue"}


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def video(
    video_id: int, path: str, duration_s: float, codec: str = "h264", lines: int = 720
) -> Video:
    size = (lines, 2 * lines, 25.0)
    added, recorded = day(30), day(video_id)
    return Video(video_id, Path(path), "t", duration_s, *size, codec, "key", added, recorded)


VIDEOS = {
    1: video(1, "/films/a.mp4", 5.0),
    2: video(2, "/films/b.mp4", 50.0, "hevc", 1080),
    3: video(3, "/other/c.mp4", 5.0),
}
TABLE = ClipTable(
    np.arange(5), np.array([1, 2, 2, 3, 3]), np.zeros(5), np.ones(5, dtype=np.float64)
)


@pytest.mark.parametrize(
    ("filters", "videos"),
    [
        (Filters(under=Path("/films")), {1, 2}),
        (Filters(under=Path("/films/a.mp4")), {1}),
        (Filters(under=Path("/film")), set()),
        (Filters(min_duration_s=5.0), {1, 2, 3}),
        (Filters(min_duration_s=5.1), {2}),
        (Filters(max_duration_s=49.9), {1, 3}),
        (Filters(after=day(2)), {2, 3}),
        (Filters(before=day(2)), {1}),
        (Filters(after=day(2), before=day(3)), {2}),
        (Filters(codec="hevc"), {2}),
        (Filters(min_resolution_px=721), {2}),
        (Filters(min_resolution_px=720), {1, 2, 3}),
        (Filters(videos=frozenset({1, 3}), exclude_video=3), {1}),
        (Filters(exclude_video=2), {1, 3}),
        (Filters(under=Path("/films"), exclude_video=1), {2}),
        (Filters(max_duration_s=5.0, under=Path("/other")), {3}),
    ],
)
def test_every_filter_about_videos_must_be_fulfilled(filters: Filters, videos: set[int]) -> None:
    allowed = filters.allowed_clips(TABLE, VIDEOS)
    assert allowed is not None
    assert set(TABLE.video_ids[allowed].tolist()) == videos
    assert {each.id for each in VIDEOS.values() if filters.allows(each)} == videos


def test_without_filters_about_videos_nothing_is_masked() -> None:
    assert Filters(min_relevance=0.9).allowed_clips(TABLE, VIDEOS) is None


def test_the_longest_video_of_zero_seconds_is_a_limit_and_not_none() -> None:
    assert not Filters(max_duration_s=0.0).allows(VIDEOS[1])


def test_dates_between_which_nothing_lies_are_refused() -> None:
    for before in (day(1), day(2)):
        with pytest.raises(ReelwiseError, match="no video is of 2026-05-02"):
            Filters(after=day(2), before=before)


@pytest.mark.parametrize(
    "limits", [{"min_duration_s": 9.0, "max_duration_s": 5.0}, {"max_duration_s": float("nan")}]
)
def test_limits_that_no_video_can_keep_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ReelwiseError, match="no video is at least"):
        Filters(
            min_duration_s=limits.get("min_duration_s"), max_duration_s=limits["max_duration_s"]
        )


@pytest.mark.parametrize("relevance", [-0.1, 1.1, float("inf"), float("nan")])
def test_a_relevance_that_no_hit_can_have_is_refused(relevance: float) -> None:
    with pytest.raises(ReelwiseError, match="from 0 to 1"):
        Filters(min_relevance=relevance)
    assert [Filters(min_relevance=end).min_relevance for end in (0.0, 1.0)] == [0.0, 1.0]


def test_a_folder_below_which_nothing_is_indexed_is_refused(home: Home, tmp_path: Path) -> None:
    films, empty = tmp_path / "films", tmp_path / "empty"
    films.mkdir()
    empty.mkdir()
    (tmp_path / "link").symlink_to(films)
    with Catalogue(home) as catalogue:
        catalogue.files.put([FileRecord(films / "kite.mp4", 1, 1, 1, "kite")])
        for given in (films, films / "kite.mp4", tmp_path / "link"):
            folder = indexed_folder(catalogue, given)
            assert folder == (films if given.is_dir() else given)
        for given in (empty, films / "kit", tmp_path / "absent"):
            with pytest.raises(ReelwiseError, match="no indexed video lies below"):
                indexed_folder(catalogue, given)


@pytest.mark.parametrize("parts", [{"text": "a" * 2001}, {"text": "a", "without": "b" * 2001}])
def test_a_query_that_no_encoder_reads_to_its_end_is_refused(parts: dict[str, str]) -> None:
    with pytest.raises(ReelwiseError, match="at most 2,000 characters, not 2,001"):
        Query(text=parts["text"], without=parts.get("without"))
    assert Query(text=" " + "a" * 2000 + " ").words == "a" * 2000
