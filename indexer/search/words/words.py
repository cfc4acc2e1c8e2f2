"""Lines that hold the words of a query: which, how many of them, and where in the text.

A line is judged by its coverage: the share of the query's words that it holds, each weighted by how
rare it is (inverse document frequency, Spärck Jones 1972), words without meaning of their own by
little. A line that holds them all is as certain as it is unlikely that any line would hold them by
chance: N lines times the product of the shares of lines that hold each.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray
from tantivy import Occur, Query

from data.lines import Channel, Line
from indexer.search.words.asked import Asked, Term
from indexer.search.words.found import ALL_WORDS_RELEVANCE, FoundWords
from indexer.search.words.word_index import WordIndex
from indexer.store.lines import Numbers
from indexer.store.text.analysis import (
    Word,
    exact,
    folded,
    inner_terms,
    is_phrase_of,
    may_begin,
    run_terms,
    stem,
    without_spaces,
    words_in,
)
from indexer.store.text.full_text import SCHEMA, FoundLine, FullText

FETCHED = 50
"""Lines that are looked at one by one, of each index."""


IN_ORDER_CHANCE = 0.2
"""By this factor words are less likely to be there by chance where they stand in a row."""

LEAST_CHANCE = 1e-4
"""No chance is taken for smaller, but for words in a row."""

COVERAGE_POWER = 3.0
"""Relevance of a line that holds a part of a query: its coverage to this power, of the whole."""

LEAST_RELEVANCE = 0.05
"""Where words are held by many lines, a line of less relevance need not be found."""

MANY_LINES = 50_000
"""Lines that hold words of a query, each word counted for itself; less are gone through in half a
millisecond."""

LONGEST_RUN = 60
"""Letters of a query without spaces up to which text without spaces is compared with all of it."""


Place = tuple[int, int]
"""First character, and the one after the last."""


def find_words(
    asked: Asked,
    words: WordIndex,
    *,
    channels: AbstractSet[Channel],
    videos: AbstractSet[int] | None = None,
    fetched: int = FETCHED,
) -> list[FoundWords]:
    """The lines that hold words of a query, the best first.

    Args:
        asked: From `ask`.
        words: Where to look.
        channels: Only lines of these.
        videos: Only lines of these videos; None takes all.
        fetched: Lines that are looked at, of each index.
    """
    query = _query(asked, channels, videos)
    if query is None:
        return []
    found = [
        _judged(asked, each)
        for index in words.indexes
        for each in _live(index, query, words, fetched)
        if videos is None or each.video_id in videos
    ]
    good = [each for each in found if each.relevance > 0]
    return sorted(good, key=lambda each: (-each.relevance, -each.score, each.line.start_s))


def _live(index: FullText, query: Query, words: WordIndex, k: int) -> list[FoundLine]:
    """The best live lines of one index; where many are out of date it looks further."""
    while True:
        found = index.top(query, k)
        numbers = np.array([each.reading for each in found], np.uint64)
        is_live = _are_in(words.live, numbers)
        if is_live.all() or len(found) < k or np.count_nonzero(is_live) >= FETCHED:
            return [each for each, live in zip(found, is_live, strict=True) if live]
        k *= 4


def _are_in(ascending: Numbers, numbers: Numbers) -> NDArray[np.bool_]:
    """Which numbers are among others; numpy's own way would sort those each time."""
    if not len(ascending):
        return np.zeros(len(numbers), np.bool_)
    places = np.searchsorted(ascending, numbers)
    return np.asarray(ascending[np.minimum(places, len(ascending) - 1)] == numbers)


LINE_CHANNELS = frozenset(Channel) - {Channel.PICTURE}
"""Channels that have lines."""

MOST_VIDEOS_ASKED = 1000
"""Up to so many allowed videos the index is asked for them alone; else hits are filtered."""


def _query(
    asked: Asked, channels: AbstractSet[Channel], videos: AbstractSet[int] | None
) -> Query | None:
    is_screen = Channel.SCREEN in channels and asked.has_screen
    telling, others = _parted(asked)
    any_of = [query for term in telling for query in _queries_of(term, is_screen=is_screen)]
    if is_screen and len(asked.terms) > 1 and len(asked.run) <= LONGEST_RUN:
        any_of += filter(None, [_phrase("run", run_terms(asked.run))])
    if not any_of or not channels:
        return None
    more = [query for term in others for query in _queries_of(term, is_screen=is_screen)]
    must = [_phrase_query(phrase) for phrase in asked.phrases]
    if videos is not None and len(videos) <= MOST_VIDEOS_ASKED:
        must.append(Query.const_score_query(Query.term_set_query(SCHEMA, "video", [*videos]), 0.0))
    if not channels >= LINE_CHANNELS:
        names = [str(channel) for channel in channels]
        must.append(Query.const_score_query(Query.term_set_query(SCHEMA, "channel", names), 0.0))
    best = Query.boolean_query([(Occur.Should, query) for query in any_of])
    if not must and not more:
        return best
    clauses = [(Occur.Must, each) for each in (best, *must)]
    return Query.boolean_query([*clauses, *((Occur.Should, each) for each in more)])


def _parted(asked: Asked) -> tuple[list[Term], list[Term]]:
    """The terms of which a line has to hold one, and those that only add to its score.

    Tantivy goes through every line that holds a term of which one is needed: with a frequent word
    that is most of a large library. Lines without a telling term cover so little of the query that
    their relevance is below `LEAST_RELEVANCE`.
    """
    terms = sorted(asked.terms, key=lambda term: -term.weight)
    if sum(term.n_with for term in terms) <= MANY_LINES:
        return terms, []
    left = asked.weight
    for n, term in enumerate(terms, 1):
        left -= term.weight
        if ALL_WORDS_RELEVANCE * (left / asked.weight) ** COVERAGE_POWER < LEAST_RELEVANCE:
            return terms[:n], terms[n:]
    return terms, []


def _queries_of(term: Term, *, is_screen: bool) -> list[Query]:
    if term.is_inner:
        return [Query.term_query(SCHEMA, "inner", term.text)]
    queries = [Query.term_query(SCHEMA, "stem", form) for form in term.forms]
    run = without_spaces(term.text)
    if is_screen and len(run) > 3:
        queries += filter(None, [_phrase("run", run_terms(run))])
    return [Query.boost_query(each, term.weight) for each in queries]


def _phrase(field: str, terms: Sequence[str]) -> Query | None:
    if not terms:
        return None
    if len(terms) == 1:
        return Query.term_query(SCHEMA, field, terms[0])
    return Query.phrase_query(SCHEMA, field, list(terms))


def _phrase_query(phrase: str) -> Query:
    """A line has to hold this word by word, or, where spaces were lost, letter by letter."""
    words = words_in(phrase)
    spaced = [exact(word.text) for word in words if not word.is_inner]
    inner = [term for word in words if word.is_inner for term in inner_terms(word.text)]
    whole = list(filter(None, (_phrase("exact", spaced), _phrase("inner", inner))))
    either = [Query.boolean_query([(Occur.Must, each) for each in whole])]
    either += filter(None, [_phrase("run", run_terms(without_spaces(phrase)))])
    return Query.boolean_query([(Occur.Should, each) for each in either])


def _judged(asked: Asked, found: FoundLine) -> FoundWords:
    line = found.line
    words = words_in(line.text)
    run = _Run.of(line.text) if line.channel == Channel.SCREEN else None
    whole = [] if run is None or len(asked.terms) < 2 else run.places(asked.run)
    if whole:
        return FoundWords(found.video_id, line, _of_whole(asked), found.score, tuple(whole))
    stems: dict[str, list[Place]] = {}
    for word in words:
        if not word.is_inner and may_begin(word.text, line.language, asked.initials):
            stems.setdefault(stem(word.text, line.language), []).append((word.start, word.end))
    places = [_places(term, line, stems, run) for term in asked.terms]
    held_terms = [term for term, some in zip(asked.terms, places, strict=True) if some]
    held = sum(term.weight for term in held_terms)
    if all(term.is_plain for term in held_terms) and not asked.is_plain:
        held = 0.0
    relevance = _relevance(asked, line, words, run, held / asked.weight if asked.weight else 0.0)
    return FoundWords(found.video_id, line, relevance, found.score, _marks(asked, line, places))


def _of_whole(asked: Asked, *, in_order: bool = True) -> float:
    """The relevance of a line that holds every word."""
    chance = asked.chance if asked.is_plain else min(asked.chance, 1.0 - ALL_WORDS_RELEVANCE)
    return 1.0 - max(chance, LEAST_CHANCE) * (IN_ORDER_CHANCE if in_order else 1.0)


def _marks(
    asked: Asked, line: Line, places: Sequence[Sequence[Place]]
) -> tuple[tuple[int, int], ...]:
    """Where the words of the query stand; those without meaning only where there are no others."""
    marks: list[Place] = []
    for term, found in zip(asked.terms, places, strict=True):
        if term.is_plain and not asked.is_plain:
            continue
        # Of a run that stands there whole, its pairs elsewhere say nothing.
        inside = term.is_inner and len(term.word) > 2 and term.word in line.text
        marks += _all_places(term.word, line.text) if inside else found
    return _joined(marks)


def _relevance(
    asked: Asked, line: Line, words: Sequence[Word], run: "_Run | None", coverage: float
) -> float:
    if asked.phrases:
        exacts = [exact(word.text) for word in words]
        held = all(_holds(phrase, exacts, line.text, run) for phrase in asked.phrases)
        return _of_whole(asked) * coverage**COVERAGE_POWER if held else 0.0
    if coverage >= 1.0 - 1e-9:
        spaced = [exact(term.text) for term in asked.terms if not term.is_inner]
        is_phrase = len(spaced) > 1 and is_phrase_of(spaced, [exact(word.text) for word in words])
        return _of_whole(asked, in_order=is_phrase)
    return float(ALL_WORDS_RELEVANCE * coverage**COVERAGE_POWER)


def _holds(phrase: str, exacts: Sequence[str], text: str, run: "_Run | None") -> bool:
    words = words_in(phrase)
    if any(word.is_inner for word in words):
        return all(word.text in text for word in words if word.is_inner)
    if is_phrase_of([exact(word.text) for word in words], exacts):
        return True
    return run is not None and without_spaces(phrase) in run.text


def _places(
    term: Term, line: Line, stems: Mapping[str, list[Place]], run: "_Run | None"
) -> list[Place]:
    """Where a term stands in a line."""
    if term.is_inner:
        return _all_places(term.text, line.text)
    places = [place for form in term.forms for place in stems.get(form, ())]
    if not places and run is not None and len(term.text) > 1:
        places = run.places(without_spaces(term.text))
    return places


def _all_places(wanted: str, text: str) -> list[tuple[int, int]]:
    return [(found.start(), found.end()) for found in regex.finditer(regex.escape(wanted), text)]


@dataclass(frozen=True)
class _Run:
    """The letters and digits of a text without spaces, each with its place in the text."""

    text: str
    at: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "_Run":
        letters = [(letter, place) for place, char in enumerate(text) for letter in folded(char)
                   if letter.isalnum()]  # fmt: skip
        return cls("".join(letter for letter, _ in letters), tuple(place for _, place in letters))

    def places(self, wanted: str) -> list[tuple[int, int]]:
        """Where a run of letters stands in the text."""
        if not wanted:
            return []
        first = self.text.find(wanted)
        if first < 0:
            return []
        return [(self.at[first], self.at[first + len(wanted) - 1] + 1)]


def _joined(marks: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Marks by place; those that touch or overlap are one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
