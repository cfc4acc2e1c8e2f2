"""Cards: one moment a stretch, none too short to see, and nothing said twice."""

from dataclasses import replace
from pathlib import Path

from data.lines import Channel
from indexer.search.result import Hit, Match
from tests.ui.pages.fake_library import film
from ui.pages.components.video_card import LEAST_S, card_of, moments_of


def hit(start_s: float, end_s: float, *matched: Match) -> Hit:
    return Hit(
        rank=1,
        video_id=1,
        path=Path("/films/film 1.mp4"),
        title="Film 1",
        start_s=start_s,
        end_s=end_s,
        score=0.3,
        relevance=0.9,
        why={},
        matched=matched,
    )


def spans(*hits: Hit, duration_s: float = 60.0) -> list[tuple[float, float]]:
    return [(each["start_s"], each["end_s"]) for each in moments_of(hits, duration_s)]


def test_the_best_moment_is_first_and_the_others_are_in_time_order() -> None:
    assert spans(hit(30, 35), hit(50, 55), hit(2, 5)) == [(30, 35), (2, 5), (50, 55)]


def test_moments_that_touch_are_one() -> None:
    assert spans(hit(30, 35), hit(35, 40), hit(28, 31), hit(50, 52)) == [(28, 40), (50, 52)]


def test_no_moment_is_too_short_to_see_or_outside_the_video() -> None:
    assert spans(hit(5, 5.2)) == [(4.6, 5.6)]
    assert spans(hit(0, 0.2)) == [(0, LEAST_S)]
    assert spans(hit(59.9, 60)) == [(59, 60)]
    assert spans(hit(0, 0.3), duration_s=0.4) == [(0, 0.4)]


def test_the_picture_comes_from_inside_the_moment() -> None:
    (moment,) = moments_of([hit(9, 12)], 60.0)
    assert moment["picture_s"] == 10.0


def test_a_title_that_the_file_name_says_too_is_said_once() -> None:
    video = film(1)
    named = replace(video, title="A dog at the lake")
    assert video.path.name not in card_of(video)["where"]
    assert named.path.name in card_of(named)["where"]
    assert "films" in card_of(video)["where"]


def test_who_may_not_see_paths_gets_none() -> None:
    assert card_of(film(1))["path"] == "/films/film 1.mp4"
    assert card_of(film(1), shows_path=False)["path"] is None


def test_what_was_found_is_told_with_its_words_marked() -> None:
    seen = Match(Channel.PICTURE, "", 1, 2, 0.4)
    said = Match(Channel.SPEECH, "a \x1bdog", 1, 2, 0.9, marks=((3, 6),))
    weak = Match(Channel.SCREEN, "fog", 1, 2, 0.1)
    (moment,) = moments_of([hit(1, 2, seen, said, weak)], 60.0)
    assert [each["channel"] for each in moment["why"]] == ["picture", "speech"]
    assert "\x1b" not in moment["why"][1]["text"]
