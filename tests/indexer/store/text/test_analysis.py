"""From text to terms of the index of words."""

import pytest

from indexer.store.text.analysis import may_begin, stem, words_in


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


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "universities Knives goes"),
        ("de", "Straßen übergrößen ändert"),
        ("fr", "l'eau œuvres élèves"),
        ("tr", "İstanbul \u0131\u015f\u0131klar çocuklar"),
        ("ru", "ёлками поезда"),
        ("el", "Άνθρωποι παιδιά"),
        ("hu", "őzek ablakok"),
        ("ar", "والكتاب بالبيت"),
    ],
)
def test_a_stem_is_looked_for_where_a_word_may_begin_so(language: str, text: str) -> None:
    for word in words_in(text):
        initial = stem(word.text, language)[:1]
        assert may_begin(word.text, language, frozenset((initial, "#")))
    if language != "ar":
        assert not may_begin(text, language, frozenset("#"))
