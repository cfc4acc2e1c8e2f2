"""Tags are a person's, belong to a video's content, and have one spelling for finding them."""

from __future__ import annotations

import pytest

from data.catalogue import Catalogue, LiveVideos, UsedTag, VideoLimits
from data.errors import ReelwiseError
from tests.data.made import LIB, embed, file_record


@pytest.fixture
def videos(catalogue: Catalogue) -> list[int]:
    """Three embedded videos, `a.mp4` to `c.mp4`."""
    names = ["a.mp4", "b.mp4", "c.mp4"]
    ids = catalogue.files.put([file_record(name, name[0]) for name in names])
    found = [ids[LIB / name] or 0 for name in names]
    embed(catalogue, "p1", *found)
    return found


def tagged(catalogue: Catalogue, *tags: str) -> list[int]:
    ids: list[int] = LiveVideos(catalogue, "e1").passing(VideoLimits(tags=tags)).tolist()
    return ids


def test_videos_are_found_by_all_of_the_tags_however_they_are_spelled(
    catalogue: Catalogue, videos: list[int]
) -> None:
    a, b, _ = videos
    assert catalogue.tags.add(a, ["  Summer\tholidays ", "Café"]) == ["Summer holidays", "Café"]
    assert catalogue.tags.add(b, ["summer HOLIDAYS"]) == ["summer HOLIDAYS"]
    assert tagged(catalogue, "SUMMER  holidays") == [a, b]
    assert tagged(catalogue, "cafe\u0301", "summer holidays") == [a]
    assert tagged(catalogue, "cafe") == tagged(catalogue, "summer") == []
    assert catalogue.tags.all() == [UsedTag("Café", 1), UsedTag("Summer holidays", 2)]


def test_a_tag_that_is_there_is_spelled_anew_and_not_doubled(
    catalogue: Catalogue, videos: list[int]
) -> None:
    catalogue.tags.add(videos[0], ["kite", "kite"])
    assert catalogue.tags.add(videos[0], ["Kite", "sea"]) == ["sea"]
    assert catalogue.tags.of(videos) == {videos[0]: ["Kite", "sea"]}


def test_tags_are_removed_all_or_none(catalogue: Catalogue, videos: list[int]) -> None:
    a, b, _ = videos
    catalogue.tags.add(a, ["kite", "sea"])
    catalogue.tags.add(b, ["kite"])
    with pytest.raises(ReelwiseError, match="no tag 'sun'"):
        catalogue.tags.remove(a, ["KITE", "sun"])
    catalogue.tags.remove(a, ["KITE"])
    assert catalogue.tags.of(videos) == {a: ["sea"], b: ["kite"]}


def test_tags_stay_with_the_content_through_renames_and_absence(
    catalogue: Catalogue, videos: list[int]
) -> None:
    a = videos[0]
    catalogue.tags.add(a, ["kite"])
    catalogue.files.put([file_record("new name.mp4", "a")])
    catalogue.files.remove([LIB / "a.mp4"])
    assert tagged(catalogue, "kite") == [a]
    catalogue.files.remove([LIB / "new name.mp4"])
    assert tagged(catalogue, "kite") == []
    assert catalogue.tags.all() == []
    with pytest.raises(ReelwiseError, match="no video has the tag 'kite'"):
        catalogue.tags.require(["kite"])
    catalogue.files.put([file_record("back.mp4", "a")])
    catalogue.tags.require(["Kite"])
    assert tagged(catalogue, "kite") == [a]


def test_a_tag_changes_what_is_found_and_not_what_is_searchable(
    catalogue: Catalogue, videos: list[int]
) -> None:
    before, mark = catalogue.changes(), catalogue.change_log.mark()
    catalogue.tags.add(videos[0], ["kite"])
    catalogue.tags.remove(videos[0], ["kite"])
    assert catalogue.changes() == before + 2
    assert catalogue.change_log.mark() == mark


@pytest.mark.parametrize("name", ["", " \u200b ", "x" * 101, "a\x07b", "\udc80"])
def test_what_nobody_types_is_no_tag(catalogue: Catalogue, videos: list[int], name: str) -> None:
    with pytest.raises(ReelwiseError, match="a tag is a text of 1 to 100 characters"):
        catalogue.tags.add(videos[0], ["good", name])
    assert catalogue.tags.of(videos) == {}
    assert catalogue.tags.add(videos[0], ["\U0001f468\u200d\U0001f467", "x" * 100])
