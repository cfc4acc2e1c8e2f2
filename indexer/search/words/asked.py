"""What is asked for in words: the words of a query, weighted by how rare they are in a library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from data.lines import Channel
from indexer.search.words.word_index import WordIndex
from indexer.store.analysis import (
    exact,
    inner_terms,
    is_function_word,
    stems_in,
    without_spaces,
    words_in,
)

PRIOR_LINES = 1000
"""Added to the number of lines: in a small library no word is rare by the few lines alone."""

FUNCTION_WORD_WEIGHT = 0.02
"""Weight of a word without meaning of its own (`the`), where the query has others."""

_QUOTED = regex.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»')


@dataclass(frozen=True)
class Term:
    """One word of a query, or two letters in a row of a script without spaces."""

    text: str
    """As it was typed."""
    forms: frozenset[str]
    """Its stems in the languages of the library; the letters themselves for such a script."""
    rarity: float
    """Logarithm of the inverse share of lines that hold it."""
    word: str
    """The word or run that it is, or is a part of."""
    is_inner: bool
    """Of a script without spaces."""
    is_plain: bool
    """Without meaning of its own."""
    n_with: int = 0
    """Lines that hold it."""

    @property
    def weight(self) -> float:
        """How much it counts."""
        return self.rarity * (FUNCTION_WORD_WEIGHT if self.is_plain else 1.0)


@dataclass(frozen=True)
class Asked:
    """What is asked for in words."""

    terms: tuple[Term, ...]
    """The words outside quotation marks, and those inside."""
    phrases: tuple[str, ...]
    """What stands in quotation marks: a line has to hold it word by word."""
    n_lines: int
    """Lines that are searched, with `PRIOR_LINES`."""
    has_screen: bool
    """Whether any line was read in a picture."""

    @cached_property
    def run(self) -> str:
        """All words without spaces, as readers of pictures give them."""
        return without_spaces("".join(term.text for term in self.terms if not term.is_inner))

    @cached_property
    def initials(self) -> frozenset[str]:
        """The first letters of all stems."""
        return frozenset(
            form[:1] for term in self.terms if not term.is_inner for form in term.forms
        )

    @cached_property
    def weight(self) -> float:
        """The weight of all terms."""
        return sum(term.weight for term in self.terms)

    @cached_property
    def is_plain(self) -> bool:
        """Whether no word has a meaning of its own: such a query says something in a row only."""
        return all(term.is_plain for term in self.terms)

    @cached_property
    def chance(self) -> float:
        """The number of lines that would hold all words by chance; at most 1."""
        rarities = sum(term.rarity for term in self.terms if self.is_plain or not term.is_plain)
        return math.exp(min(math.log(self.n_lines) - rarities, 0.0))


def quoted_phrases(text: str) -> tuple[str, ...]:
    """What stands in quotation marks in a query."""
    return tuple("".join(filter(None, match)).strip() for match in _QUOTED.findall(text))


def without_quotes(text: str) -> str:
    """The query without quotation marks."""
    return str(_QUOTED.sub(lambda match: next(filter(None, match.groups())), text))


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
