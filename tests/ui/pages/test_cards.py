import re

import pytest

from ui.pages import cards

HIT = {
    "rank": 1,
    "video_id": "7",
    "path": "/videos/a.mp4",
    "title": "A film",
    "start_s": 4.0,
    "end_s": 9.5,
    "relevance": 0.93,
}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_a_moment_plays_from_its_start_to_its_end_and_loads_nothing_before() -> None:
    card = cards.moment_card(HIT)
    assert 'src="/api/media/7#t=4.00,9.50"' in card
    assert 'preload="none"' in card
    assert "0:04.0-0:09.5" in card
    assert "0.93" in card


def test_the_picture_comes_from_inside_the_moment() -> None:
    time_s = float(re.search(r"thumbs/7\?t=([\d.]+)", cards.moment_card(HIT)).group(1))
    assert 4.0 < time_s < 9.5


def test_what_a_browser_cannot_play_is_shown_as_a_preview() -> None:
    card = cards.moment_card(HIT, as_it_is=False)
    assert 'src="/api/previews/7?start=4.00&amp;end=9.50"' in card
    assert "/api/media" not in card


@pytest.mark.parametrize("field", ["title", "path", "video_id"])
def test_names_from_files_are_text_never_markup(field) -> None:
    for card in (
        cards.moment_card(HIT | {field: EVIL}),
        cards.video_card(HIT | {field: EVIL}, duration_s=9, why=EVIL),
        cards.heading(EVIL, EVIL),
        cards.empty(EVIL, EVIL, EVIL),
    ):
        assert "<script" not in card
        assert "<img" not in card
