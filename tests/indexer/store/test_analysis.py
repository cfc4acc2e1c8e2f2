"""From text to terms of the index of words."""

import pytest

from indexer.store.analysis import stem


@pytest.mark.parametrize(
    ("word", "other", "language"),
    [("running", "runs", "en"), ("Häuser", "Haus", "de"), ("chevaux", "cheval", "fr")],
)
def test_forms_of_a_word_have_one_stem(word: str, other: str, language: str) -> None:
    assert stem(word, language) == stem(other, language)


@pytest.mark.parametrize(("word", "function_word"), [("under", "und"), ("odern", "oder")])
def test_no_word_has_a_function_word_as_its_stem(word: str, function_word: str) -> None:
    assert stem(word, "de") != stem(function_word, "de")


def test_function_words_are_their_own_stems() -> None:
    assert stem("und", "de") == "und"
    assert stem("The", "en") == "the"
