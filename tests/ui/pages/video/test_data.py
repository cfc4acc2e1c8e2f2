"""The data of the Video page, of the real small library of cartoons."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.catalogue import Video
from data.toons.library import ToonLibrary
from indexer.store.lines import lines_of_video
from ui.library.library import Library
from ui.pages.video.address import asked
from ui.pages.video.data import Viewer, beside_data, player_data
from ui.pages.video.next_up import next_up
from ui.pages.words.language import words_of

NEW = "somebody new"


@pytest.fixture(scope="module")
def library(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The cartoons; somebody new has watched two of them."""
    mine = shutil.copytree(home, tmp_path_factory.mktemp("mine"), dirs_exist_ok=True)
    with Library(mine) as library:
        for video in library.catalogue.videos()[1:3]:
            library.add_event(NEW, video.id, watched_s=5.0)
        yield library


@pytest.fixture(scope="module")
def query(toons: ToonLibrary) -> dict[str, str]:
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        return next(iter(csv.DictReader(lines)))


def data_of(
    library: Library, video: Video, viewer: Viewer | None = None, **given: str
) -> dict[str, Any]:
    wanted = asked({"v": str(video.id), **given}).within(video.duration_s)
    return player_data(library, video, wanted, viewer or Viewer(), words_of("en"))


def test_the_timeline_shows_where_the_question_is_answered(
    library: Library, query: dict[str, str]
) -> None:
    video = library.catalogue.video(query["video"])
    data = data_of(library, video, q=query["query"])
    moments = data["timeline"]["moments"]
    assert moments
    best = max(moments, key=lambda each: each["match"])
    assert best["start_s"] < float(query["end_s"])
    assert best["end_s"] > float(query["start_s"])
    heights = data["timeline"]["heights"]
    middle = int((float(query["start_s"]) + float(query["end_s"])) / 2)
    assert heights[middle] == max(heights)
    assert all(0 <= each <= 1 for each in heights)
    json.dumps(data, allow_nan=False)


def test_without_a_question_there_are_shots_and_no_line(library: Library) -> None:
    video = library.catalogue.videos()[0]
    timeline = data_of(library, video)["timeline"]
    assert timeline["heights"] == timeline["moments"] == []
    assert all(0 < cut < video.duration_s for cut in timeline["cuts"])


def test_what_comes_next_of_a_search_are_its_next_results(
    library: Library, query: dict[str, str]
) -> None:
    hits = library.search(query["query"], k=200).hits
    order = list(dict.fromkeys(hit.video_id for hit in hits if hit.relevance >= 0.2))
    video = library.catalogue.videos_by_id(order[:1])[order[0]]
    wanted = asked({"v": str(video.id), "q": query["query"], "from": "search"})
    after = next_up(library, video, wanted, person="", opened=())
    shown = [int(card["id"]) for card in after.cards]
    if len(order) > 1:
        assert after.why == "search"
        assert shown == order[1 : 1 + len(shown)]
    else:
        assert after.why == "like"
    assert video.id not in shown


def test_what_was_opened_in_this_sitting_or_watched_does_not_come_again(library: Library) -> None:
    watched = {event.video_id for event in library.history.events(NEW)}
    video = library.catalogue.videos()[0]
    wanted = asked({"v": str(video.id), "from": "foryou"})
    first = next_up(library, video, wanted, person=NEW, opened=())
    assert first.why == "beside"
    shown = {int(card["id"]) for card in first.cards}
    assert shown
    assert not shown & watched
    again = next_up(library, video, wanted, person=NEW, opened=shown)
    assert not {int(card["id"]) for card in again.cards} & shown
    nobody = next_up(library, video, wanted, person="", opened=shown)
    assert nobody.why == "like"
    assert not {int(card["id"]) for card in nobody.cards} & (shown | {video.id})


def test_key_words_lead_to_the_line_that_says_them(library: Library, home: Path) -> None:
    seen = {}
    for video in library.catalogue.videos():
        for each in beside_data(library, video, asked({}), Viewer(), words_of("de"))["keywords"]:
            seen[video.id, each["text"]] = each
    assert seen
    for (video_id, text), each in seen.items():
        lines = lines_of_video(library.catalogue, video_id)
        said = [line for line in lines if each["why"].endswith(f": {line.text}")]
        assert text.casefold() in said[0].text.casefold()
        assert each["start_s"] == round(said[0].start_s, 2)
        assert each["why"].startswith("Bei 0:")
        assert each["tag"] == ""  # nothing was tagged


def test_it_tells_what_the_person_did_and_nobody_else(library: Library) -> None:
    person = library.history.users()[0]
    event = next(each for each in library.history.events(person) if each.video_id is not None)
    video = library.catalogue.videos_by_id([event.video_id or 0])[event.video_id or 0]
    did = data_of(library, video, Viewer(person=person))["did"]
    assert did["events"]
    for other in (Viewer(person="nobody yet"), Viewer(is_guest=True)):
        assert data_of(library, video, other)["did"]["events"] == []


def test_a_viewer_who_may_not_see_files_sees_no_path(library: Library) -> None:
    video = library.catalogue.videos()[0]
    data = data_of(library, video, Viewer(is_owner=False))
    assert str(video.path.parent) not in json.dumps(data)


def test_the_video_begins_before_what_goes_with_it_is_known(library: Library) -> None:
    video = library.catalogue.videos()[0]
    data = data_of(library, video)
    assert (data["next"], data["alike"]) == (None, None)
    assert data["keywords"] is None
    known = {"next": {"why": "as before", "cards": [{"id": "0"}]}, "alike": [], "keywords": []}
    wanted = asked({"v": str(video.id)})
    data = player_data(library, video, wanted, Viewer(), words_of("en"), known)
    assert {name: data[name] for name in known} == known
