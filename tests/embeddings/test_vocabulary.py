"""Which words of a query an encoder with a small vocabulary has ever seen."""

import re

import pytest

from data.toons.library import write_library
from embeddings.vocabulary import Understood, understood, vocabulary_of


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("a red car drives to the left", "red car drives left", ""),
        ("quantum accountancy in Latvian", "", "quantum accountancy Latvian"),
        ("the", "", ""),
        ("x", "", "x"),
        ("a Man in a RED balloon", "RED balloon", "Man"),
        ("кошка", "", "кошка"),
        ("", "", ""),
        ("1234 !!", "", "1234"),
    ],
)
def test_the_toon_encoder_names_the_words_it_has_never_seen(
    text: str, known: str, unknown: str
) -> None:
    assert understood("toon", text) == Understood(tuple(known.split()), tuple(unknown.split()))


def test_an_open_vocabulary_knows_every_word() -> None:
    for name in ("PE-Core-B-16/meta", "colour", "nowhere/model"):
        assert understood(name, "quantum x") == Understood(("quantum", "x"), ())


def test_every_word_of_a_toon_query_is_known(tmp_path_factory: pytest.TempPathFactory) -> None:
    library = write_library(tmp_path_factory.mktemp("toons"), 3, seed=5)
    queries = [query for _, story in library.videos for query in story.queries()]
    assert len(queries) >= 3
    for query in queries:
        assert understood("toon", query).unknown == ()
    words = vocabulary_of("toon")
    assert words is not None
    assert not any(re.search("[^a-z]", word) for word in words)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a red ball", 1.0),
        ("a red ball flibbertigibbet", 1.0),
        ("red flibbertigibbet", 2 / 3),
        ("red flibbertigibbet gubbins", 1 / 9),
        ("a flibbertigibbet", 0.0),
        ("of the", 0.0),
    ],
)
def test_an_answer_counts_by_the_share_of_words_that_are_known(text: str, weight: float) -> None:
    assert understood("toon", text).weight == pytest.approx(weight)
    assert understood("starter", "flibbertigibbet").weight == 1.0
