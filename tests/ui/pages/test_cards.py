import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.records import Video
from data.lines import Channel
from indexer.search.result import Hit, Match, Step, VideoCopy
from recommender.answer.items import Item
from ui.pages import cards
from ui.pages.search_page import Form

HIT = Hit(1, 7, Path("/videos/a.mp4"), "A film", 4.0, 9.5, 0.3, 0.93, {})
ITEM = Item(1, 7, None, "A film", 0.8, "interest", None)
VIDEO = Video(
    id=7,
    path=Path("/videos/a.mp4"),
    title="A film",
    duration_s=9.0,
    width_px=320,
    height_px=180,
    fps=25.0,
    codec="h264",
    content_key="1",
    added_at=datetime(2026, 1, 1, tzinfo=UTC),
)
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_a_card_says_how_many_copies_there_are_and_where() -> None:
    copies = (VideoCopy(8, Path("/v/<b>.mkv")), VideoCopy(9, Path("/v/c.mp4")))
    card = cards.moment_card(dataclasses.replace(HIT, copies=copies))
    assert "and 2 copies" in card
    assert "/v/&lt;b&gt;.mkv" in card
    assert "cop" not in cards.moment_card(HIT)


def test_a_moment_plays_from_its_start_to_its_end_and_loads_nothing_before() -> None:
    card = cards.moment_card(HIT)
    assert 'src="/api/v1/media/7#t=4.00,9.50"' in card
    assert 'preload="none"' in card
    assert "0:04.0-0:09.5" in card
    assert "0.93" in card


def test_a_card_shows_each_step_of_what_was_asked_in_order() -> None:
    steps = (Step("a cat jumps", 4.0, 6.0, 0.9), Step("<it falls>", 7.0, 9.5, 0.9))
    card = cards.moment_card(dataclasses.replace(HIT, steps=steps))
    assert "<span>0:07.0-0:09.5</span> &lt;it falls&gt;" in card


def test_the_picture_comes_from_inside_the_moment() -> None:
    match = re.search(r"thumbs/7\?t=([\d.]+)", cards.moment_card(HIT))
    assert match is not None
    assert 4.0 < float(match.group(1)) < 9.5


def test_what_a_browser_cannot_play_is_shown_as_a_preview() -> None:
    card = cards.moment_card(HIT, playable=False)
    assert 'src="/api/v1/previews/7?start=4.00&amp;end=9.50"' in card
    assert "/media" not in card


def test_a_file_that_a_browser_cannot_play_is_recommended_as_a_preview() -> None:
    assert 'src="/api/v1/media/7"' in cards.video_card(ITEM, VIDEO, why="")
    for other in ({"codec": "hevc"}, {"path": Path("/videos/a.avi")}):
        video = dataclasses.replace(VIDEO, **other)
        assert 'src="/api/v1/previews/7"' in cards.video_card(ITEM, video, why="")


def test_hidden_characters_of_a_name_are_shown_as_escapes() -> None:
    hit = dataclasses.replace(HIT, title="a\u202egpj\x1b[31m\x00")
    card = cards.moment_card(hit)
    assert "a\\u202egpj\\x1b[31m\\x00" in card
    assert not {"\u202e", "\x1b", "\x00"} & set(card)


def test_a_preview_says_that_it_is_one() -> None:
    assert "preview: 30 s at most, no sound" in cards.moment_card(HIT, playable=False)
    assert "preview" not in cards.moment_card(HIT)
    hevc = dataclasses.replace(VIDEO, codec="hevc")
    assert "no sound" in cards.video_card(ITEM, hevc, why="")


def test_a_card_has_a_name_and_says_its_title_once(tmp_path: Path) -> None:
    card = cards.moment_card(HIT)
    assert "<video" in card
    assert card.count('aria-label="A film, 0:04.0-0:09.5"') == 2
    assert card.count("<h3") == 1
    path = tmp_path / "summer" / "lake.mp4"
    path.parent.mkdir()
    path.touch()
    hit = dataclasses.replace(HIT, path=path)
    assert ">summer/lake.mp4<" in cards.moment_card(hit)
    assert 'aria-label="relevance 0.93"' in card


def test_what_narrows_the_results_is_said() -> None:
    assert Form("a", "", None, 12, 0.0).filters == []
    told = cards.chips(Form("a", "<b>", None, 12, 0.5).filters)
    assert "not: &lt;b&gt;" in told
    assert "relevance 0.50 or more" in told
    tagged = Form("a", "", None, 12, 0.0, tags=("sea", "kite"))
    assert tagged.filters == ["tag: sea", "tag: kite"]
    assert tagged.key() != Form("a", "", None, 12, 0.0).key()


@pytest.mark.parametrize("field", ["title", "path"])
def test_names_from_files_are_text_never_markup(field: str) -> None:
    hit = dataclasses.replace(HIT, title=EVIL) if field == "title" else HIT
    item = dataclasses.replace(ITEM, title=EVIL)
    video = VIDEO
    if field == "path":
        hit = dataclasses.replace(HIT, path=Path("/videos") / EVIL)
        video = dataclasses.replace(VIDEO, path=Path("/videos") / EVIL)
    for card in (
        cards.moment_card(hit),
        cards.video_card(item, video, why=EVIL),
        cards.heading(EVIL, EVIL),
        cards.empty(EVIL, EVIL, EVIL),
    ):
        assert "<script" not in card
        assert "<img" not in card


def test_a_card_shows_what_was_said_with_its_words_marked_and_escaped() -> None:
    match = Match(Channel.SPEECH, "a <red> kite", 4.0, 5.0, 0.9, ((3, 6), (8, 12)))
    weak = dataclasses.replace(match, text="a weak line", relevance=0.1)
    card = cards.moment_card(dataclasses.replace(HIT, matched=(match, weak)))
    assert "speech 0:04.0" in card
    assert "a &lt;<mark>red</mark>&gt; <mark>kite</mark>" in card
    assert "weak" not in card
