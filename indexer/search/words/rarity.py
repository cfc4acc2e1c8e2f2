"""How rare the words of a query are in a library, by which they are weighted."""

import math
from collections.abc import Sequence

from data.lines import Channel
from indexer.search.words.asked import Asked, Term, quoted_phrases, without_quotes
from indexer.search.words.word_index import WordIndex
from indexer.store.text.analysis import (
    exact,
    inner_terms,
    is_function_word,
    stems_in,
    words_in,
)

PRIOR_LINES = 1000
"""Added to the number of lines: in a small library no word is rare by the few lines alone."""


def ask(text: str, words: WordIndex) -> Asked:
    """The words of a query, weighted by how rare they are in a library."""
    terms: dict[tuple[str, bool], Term] = {}
    languages = words.languages
    for word in words_in(without_quotes(text)):
        pieces = inner_terms(word.text) if word.is_inner else [word.text]
        for piece in pieces:
            forms = (piece,) if word.is_inner else stems_in(piece, languages)
            key = (exact(piece), word.is_inner)
            is_plain = not word.is_inner and is_function_word(piece, languages | {"en"})
            n_with = _n_with(forms, words, is_inner=word.is_inner)
            rarity = math.log(1 + (words.n_lines + PRIOR_LINES) / (1 + n_with))
            term = Term(piece, frozenset(forms), rarity, word.text, word.is_inner, is_plain, n_with)
            terms.setdefault(key, term)
    phrases = tuple(phrase for phrase in quoted_phrases(text) if words_in(phrase))
    has_screen = any(index.n_with("channel", Channel.SCREEN) for index in words.indexes)
    return Asked(tuple(terms.values()), phrases, words.n_lines + PRIOR_LINES, has_screen)


def _n_with(forms: Sequence[str], words: WordIndex, *, is_inner: bool) -> int:
    field = "inner" if is_inner else "stem"
    return sum(
        max((index.n_with(field, form) for form in forms), default=0) for index in words.indexes
    )
