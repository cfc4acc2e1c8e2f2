"""Tagging cartoons by the words of their captions, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.toons.library import ToonLibrary
from tests.ui.conftest import ask, tell
from ui.library.library import Library
from ui.pages.video.keywords import keywords_of
from ui.pages.words.language import words_of

pytestmark = pytest.mark.long(9)


def drawn(toons: ToonLibrary) -> dict[str, set[str]]:
    """By video, the kinds and places that are drawn in it."""
    return {
        name: {scene.place for scene in story.scenes}
        | {actor.kind for scene in story.scenes for actor in scene.actors}
        for name, story in toons.videos
    }


def test_cartoons_are_tagged_listed_found_and_untagged(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ask(capsys, "tag", home=own_home)
    assert (told["vocabulary"], told["words"], told["failed"]) == ("toon", 79, 0)
    assert told["clips"] > 0 < told["videos"] <= told["of_videos"] == len(toons.videos)
    assert told["tags"][0]["videos"] >= told["tags"][-1]["videos"] > 0
    assert "no clip is new" in tell(capsys, "tag", home=own_home).out

    right = given = 0
    for name, kinds in drawn(toons).items():
        first = ask(capsys, "tags", "list", name, home=own_home)["keywords"]
        seen = [each["text"] for each in first if each["channel"] == "tag"][:3]
        things = [tag for tag in seen if " " not in tag and not tag.endswith("ing")]
        right, given = right + len(kinds.intersection(things)), given + len(things)
    # Of a noun alone the cartoon encoder knows little; by chance it would be .06.
    assert 0.12 < right / given < 0.9

    listed = ask(capsys, "tags", "list", home=own_home)["automatic"]
    assert {each["kind"] for each in listed} <= {"thing", "place", "action"}
    tag = next(each["tag"] for each in listed if each["kind"] == "place")
    hit = ask(capsys, "search", tag, "--in", "tag", home=own_home)["hits"][0]
    assert (hit["matched"][0]["channel"], hit["matched"][0]["text"]) == ("tag", tag)
    assert hit["why"]["tag"] > 0.4
    where = ask(capsys, "search", "a cat", "--where", f"tags={tag}", "-k", "3", home=own_home)
    assert where["hits"]

    with Library(own_home) as library:
        video = library.catalogue.video(hit["video_id"])
        on_page = [each for each in keywords_of(library, video, words_of("en")) if each["tag"]]
    assert on_page
    assert {each["tag"] for each in on_page} <= {each["tag"] for each in listed}
    assert on_page[0]["why"].startswith("Seen at 0:")

    told = ask(capsys, "status", home=own_home)["tags"]
    assert told == {"words": 79, "stale": False}
    assert "79 words, see tags list" in tell(capsys, "status", home=own_home).out
    assert "79 words" in tell(capsys, "heads", home=own_home).out
    assert ask(capsys, "heads", "remove", "tags", home=own_home) == {"removed": "tags"}
    assert ask(capsys, "tags", "list", home=own_home)["automatic"] == []


def test_own_words_are_taken_and_what_is_no_word_is_told(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "words.csv"
    words.write_text("tag,prompt,kind\ncat,a cat,animal\n...,,\nCAT,,\nhelmholtz,,\n")
    told = ask(capsys, "tag", "--vocabulary", str(words), home=own_home, code=3)
    assert (told["vocabulary"], told["words"], told["doubled"]) == ("words.csv", 1, 1)
    assert [(each["line"], each["reason"]) for each in told["troubles"]] == [
        (3, "there is no word in it"),
        (0, "toon has never seen the word 'helmholtz'"),
    ]
    words.write_text("")
    wrong = ask(capsys, "tag", "--vocabulary", str(words), home=own_home, code=1)
    assert "has no word" in wrong["error"]
    assert ask(capsys, "tag", home=own_home)["words"] == 1  # as the last time


def test_no_library_is_made_by_tagging(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ask(capsys, "tag", home=tmp_path / "none", code=1)
    assert "reelwise index" in wrong["fix"]
    assert not (tmp_path / "none").exists()
