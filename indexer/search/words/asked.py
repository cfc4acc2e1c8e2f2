"""What is asked for in words: the words of a query and their weight, and its phrases."""

import math
from dataclasses import dataclass
from functools import cached_property

import regex

from indexer.store.text.analysis import (
    without_spaces,
)

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
