"""The shelves as data: each card with what its person said and watched, and of nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.shelves.making import Wanted
from tests.recommender.watched_library import indexed_home
from ui.library.library import Library
from ui.pages.for_you.shown import shelves_data
from ui.pages.words.language import words_of

EN = words_of("en")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(indexed_home(tmp_path / "home").root) as opened:
        yield opened


def cards(library: Library, user: str, **wanted: str) -> dict[str, dict[str, object]]:
    page = library.shelves(user, Wanted(**wanted))  # type: ignore[arg-type]
    data = shelves_data(library, page, EN)
    return {card["title"]: card for shelf in data["shelves"] for card in shelf["videos"]}


def test_a_card_knows_what_its_person_said_last(library: Library) -> None:
    page = library.shelves("anna")
    first = page.shelves[0].items[0]
    liked = library.events.add("anna", first.video_id, kind="like").event
    library.events.add("amir", first.video_id, kind="dislike")
    data = shelves_data(library, page, EN)
    assert liked is not None
    card = data["shelves"][0]["videos"][0]
    assert card["said"] == [{"kind": "like", "id": liked.id}]
    length_s = library.catalogue.video(first.video_id).duration_s
    library.events.add("anna", first.video_id, watched_s=0.5 * length_s)
    seen = library.events.add("anna", first.video_id, watched_s=length_s).event
    assert seen is not None
    hidden = library.events.add("anna", first.video_id, kind="hide").event
    assert hidden is not None
    again = shelves_data(library, page, EN)["shelves"][0]["videos"][0]
    # The last verdict, and that it was seen whole, are pressed each by itself.
    assert again["said"] == [{"kind": "view", "id": seen.id}, {"kind": "hide", "id": hidden.id}]
    others = [card for shelf in data["shelves"] for card in shelf["videos"]][1:]
    assert all(card["said"] == [] for card in others)


def test_the_bar_shows_how_far_it_was_watched(library: Library) -> None:
    length_s = library.catalogue.video("cat0").duration_s
    library.events.add("anna", "cat0", watched_s=0.7 * length_s)
    assert cards(library, "anna", only="begun")["cat0"]["seen_share"] == pytest.approx(0.7)


def test_a_guest_has_shelves_and_said_nothing(library: Library) -> None:
    library.events.add("anna", "cat0", kind="like")
    shown = cards(library, "")
    assert len(shown) >= 9
    assert all(card["said"] == [] for card in shown.values())


def test_who_may_not_see_where_files_lie_is_not_told(library: Library) -> None:
    for shows_path in (True, False):
        data = shelves_data(library, library.shelves("new"), EN, shows_path=shows_path)
        paths = {card["path"] for shelf in data["shelves"] for card in shelf["videos"]}
        assert (paths == {None}) != shows_path


def test_a_newcomers_mix_is_long(library: Library) -> None:
    data = shelves_data(library, library.shelves("new"), EN)
    assert data["is_new"]
    assert data["shelves"][0]["is_long"]
    assert len(data["shelves"][0]["videos"]) > 6
