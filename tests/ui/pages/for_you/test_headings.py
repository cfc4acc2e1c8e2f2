"""What shelves and videos are said to be, in both languages, to oneself and to others."""

import pytest

from recommender.answer.items import REST, Because, Item
from recommender.shelves.shelf import KINDS, Shelf, Verb
from recommender.sources.registry import CONTENT, EASE, NEW, SOURCES
from ui.pages.for_you.headings import full_reason, heading, reason, subheading
from ui.pages.words.language import LANGUAGES, words_of

PUPPY = Because(7, "Puppy\u202e on the lawn")
EN = words_of("en")


def item(source: str, because: Because | None = PUPPY) -> Item:
    return Item(1, 3, None, "A film", 0.5, source, because)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", ["", "amir"])
def test_every_shelf_has_a_heading_for_everybody(code: str, kind: str, other: str) -> None:
    for verb in ("liked", "finished", "rewatched", "watched"):
        shelf = Shelf(kind, [item(CONTENT)], PUPPY, verb, "Talks")  # type: ignore[arg-type]
        told = heading(shelf, words_of(code), other=other)
        assert told
        assert "{" not in told + subheading(shelf, words_of(code), other=other)
        assert "\u202e" not in told, "hidden characters are shown as escapes"


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("liked", 'Because you liked "Puppy"'),
        ("finished", 'Because you watched "Puppy" to the end'),
        ("rewatched", 'Because you watched "Puppy" more than once'),
        ("watched", 'Because you watched "Puppy"'),
    ],
)
def test_the_heading_uses_the_true_verb(verb: Verb, told: str) -> None:
    assert heading(Shelf("because", [], Because(7, "Puppy"), verb), EN) == told


def test_others_pages_speak_of_others() -> None:
    shelf = Shelf("because", [], Because(7, "Puppy"), "liked")
    assert heading(shelf, EN, other="amir") == 'Because amir liked "Puppy"'
    assert "you" not in heading(Shelf("week", []), EN, other="amir")
    assert heading(Shelf("mix", []), EN, is_new=True) != heading(Shelf("mix", []), EN)


def test_the_line_below_says_how_neighbours_were_found() -> None:
    told = {
        subheading(Shelf("because", [item(source) for source in sources], PUPPY, "liked"), EN)
        for sources in ((CONTENT,), (EASE,), (CONTENT, EASE))
    }
    assert len(told) == 3


def test_a_card_says_only_what_the_heading_has_not_said() -> None:
    assert reason(Shelf("because", [], PUPPY, "liked"), item(CONTENT), EN) == ""
    assert "Puppy" in reason(Shelf("week", []), item(CONTENT), EN)
    assert reason(Shelf("mix", []), item(NEW, None), EN) == ""
    assert full_reason(item(NEW, None), EN)
    assert full_reason(item(REST, None), EN) == ""


@pytest.mark.parametrize("source", [kind.name for kind in SOURCES])
def test_every_source_has_a_reason(source: str) -> None:
    assert full_reason(item(source), EN)
