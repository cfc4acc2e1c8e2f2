"""Queries, their filters, and references to a stretch of a video."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue import Catalogue, FileRecord, VideoLimits
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


def test_the_limits_of_filters_are_all_but_the_excluded_video_and_relevance() -> None:
    given = (Path("/a"), 1.0, 9.0, day(1), day(2), "hevc", 720, ("kite",), frozenset({1}))
    filters = Filters(*given, exclude_video=3, min_relevance=0.5)
    assert filters.limits == VideoLimits(*given)
    assert Filters(exclude_video=3, min_relevance=0.5).limits == VideoLimits()


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
