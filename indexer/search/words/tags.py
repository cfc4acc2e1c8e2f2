"""Tags that a query names: those of people, and those that the head `tags` gave.

Both are asked of the catalogue when they are asked for: a tag is found in the moment it is given.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead
from data.catalogue.tagged import TaggedMoment
from data.errors import DamagedFile
from data.labels.vocabulary import TAGS
from data.lines import Channel, Line
from indexer.heads.described import stored_words
from indexer.search.words.asked import Asked
from indexer.search.words.found import ALL_WORDS_RELEVANCE, FoundWords
from indexer.search.words.words import COVERAGE_POWER, LEAST_RELEVANCE
from indexer.store.text.analysis import (
    exact,
    folded,
    is_function_word,
    is_phrase_of,
    stem,
    words_in,
)

LANGUAGES = ("en", "de")
"""Whose stems a word of a tag may have: nobody says in which language a tag is."""
MOST = 200
"""Videos, or clips, of each tag that are looked at, at least."""
FETCHED_PER_HIT = 10
"""The same for each hit that is wanted: clips of one video follow one another."""
MOST_VIDEOS_ASKED = 1000
"""Up to so many allowed videos the catalogue is asked for them alone; else tags are filtered."""


@dataclass(frozen=True)
class _Name:
    """A word or words by which a tag is called."""

    tag: str
    """The key of a person's tag, or the label of the head."""
    text: str
    """What it is called here."""
    stems: tuple[frozenset[str], ...]
    """Of each of its words, in each language."""
    is_own: bool
    """A person gave it."""


class TagNames:
    """The names of all tags of one library, read again when one comes or goes.

    Args:
        catalogue: The library.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._own: tuple[tuple[int, int], list[_Name]] = ((-1, -1), [])
        self._given: tuple[tuple[str, str], list[_Name]] = (("", ""), [])

    def find(
        self, asked: Asked, videos: frozenset[int] | None = None, *, k: int = 10
    ) -> list[FoundWords]:
        """The videos and clips with tags that a query names, the best first.

        A tag of a person is found by one of its words, as a line is; one that the head gave has to
        be named whole, for `dog` is no hot dog.

        Args:
            asked: From `ask`.
            videos: Only in these; None for all.
            k: Hits that are wanted.
        """
        if not asked.terms or not asked.weight:
            return []
        head, names = self._names()
        named: dict[tuple[str, bool], tuple[float, _Name]] = {}
        for name in names:
            relevance = _relevance(asked, name)
            if relevance > named.get((name.tag, name.is_own), (LEAST_RELEVANCE, name))[0]:
                named[name.tag, name.is_own] = (relevance, name)
        most = max(MOST, FETCHED_PER_HIT * k)
        among = videos if videos is not None and len(videos) <= MOST_VIDEOS_ASKED else None
        found: list[FoundWords] = []
        for relevance, name in named.values():
            if name.is_own:
                found += self._of_person(relevance, name, most, among)
            elif head is not None:
                found += self._of_head(head, relevance, name, most, among)
        found = [each for each in found if videos is None or each.video_id in videos]
        return sorted(found, key=lambda each: (-each.relevance, each.video_id, each.line.start_s))

    def _names(self) -> tuple[KnownHead | None, list[_Name]]:
        catalogue = self._catalogue
        state, head = catalogue.tags.state(), catalogue.predictions.heads().get(TAGS)
        if head is not None and head.encoder_id != catalogue.encoder:
            head = None
        revision = ("", "") if head is None else (head.name, head.revision)
        with self._lock:
            if self._own[0] != state:
                names = catalogue.tags.names()
                self._own = (state, [_name(tag, text, is_own=True) for tag, text in names.items()])
            if self._given[0] != revision:
                given = [] if head is None else list(_names_of(catalogue, head))
                self._given = (revision, given)
            return head, [*self._own[1], *self._given[1]]

    def _of_person(
        self, relevance: float, name: _Name, most: int, among: frozenset[int] | None
    ) -> list[FoundWords]:
        marks = ((0, len(name.text)),)
        return [
            FoundWords(
                each.video_id,
                Line(Channel.TAG, 0.0, max(each.duration_s, 0.0), each.tag),
                relevance,
                0.0,
                marks if each.tag == name.text else (),
            )
            for each in self._catalogue.tags.having(name.tag, most, among)
        ]

    def _of_head(
        self,
        head: KnownHead,
        relevance: float,
        name: _Name,
        most: int,
        among: frozenset[int] | None,
    ) -> list[FoundWords]:
        moments = self._catalogue.tagged.moments(head, [name.tag], most, among)
        marks = ((0, len(name.tag)),) if name.text == name.tag else ()
        return [
            FoundWords(
                each.video_id,
                Line(Channel.TAG, each.start_s, each.end_s, each.tag),
                relevance * each.score,
                each.score,
                marks,
                is_seen=True,
            )
            for each in joined(moments)
        ]


def joined(moments: Iterable[TaggedMoment]) -> list[TaggedMoment]:
    """Moments of one tag; clips of a video that overlap or touch are one, as likely as the best."""
    by_place = sorted(moments, key=lambda each: (each.video_id, each.start_s))
    found: list[TaggedMoment] = []
    for _, some in groupby(by_place, key=lambda each: each.video_id):
        mine: list[TaggedMoment] = []
        for each in some:
            if mine and each.start_s <= mine[-1].end_s:
                last = mine.pop()
                end_s, score = max(last.end_s, each.end_s), max(last.score, each.score)
                each = TaggedMoment(each.video_id, each.tag, score, last.start_s, end_s)
            mine.append(each)
        found += mine
    return found


def _names_of(catalogue: Catalogue, head: KnownHead) -> Iterable[_Name]:
    """What the labels of the head are called, in English and in German."""
    try:
        words = {word.tag: word for word in stored_words(catalogue.home, head.name)}
    except DamagedFile:  # said by `verify`; what it predicted is found by its labels
        words = {}
    for label in head.classes:
        word = words.get(label)
        texts = (label,) if word is None else (label, *word.also, *word.german)
        yield from (_name(label, text, is_own=False) for text in texts)


def _name(tag: str, text: str, *, is_own: bool) -> _Name:
    words = [word.text for word in words_in(text)]
    telling = [word for word in words if not is_function_word(word, frozenset(LANGUAGES))]
    return _Name(tag, text, tuple(_stems(word) for word in telling or words), is_own)


def _stems(word: str) -> frozenset[str]:
    return frozenset((folded(exact(word)), *(stem(word, language) for language in LANGUAGES)))


def _relevance(asked: Asked, name: _Name) -> float:
    """How likely a name is what a query means, by the share of the query that it is."""
    if asked.phrases:
        words = [exact(word.text) for word in words_in(name.text)]
        if not all(is_phrase_of(_exacts(phrase), words) for phrase in asked.phrases):
            return 0.0
    if not name.is_own and not all(_is_named(asked, each) for each in name.stems):
        return 0.0
    telling = [term for term in asked.terms if asked.is_plain or not term.is_plain]
    held = [
        term.weight
        for term in telling
        if any(_is_of(term.text, term.forms, each) for each in name.stems)
    ]
    share = sum(held) / sum(term.weight for term in telling)
    return float(ALL_WORDS_RELEVANCE * share**COVERAGE_POWER)


def _is_named(asked: Asked, word: frozenset[str]) -> bool:
    return any(_is_of(term.text, term.forms, word) for term in asked.terms)


def _is_of(text: str, forms: frozenset[str], word: frozenset[str]) -> bool:
    """Whether a term of a query is a word of a tag, or stands in it where spaces are not set."""
    return bool(forms & word) or bool(_stems(text) & word) or _inside(text, word)


def _inside(text: str, word: frozenset[str]) -> bool:
    return (
        not text.isascii()
        and len(words_in(text)) == 1
        and words_in(text)[0].is_inner
        and any(text in each for each in word)
    )


def _exacts(phrase: str) -> Sequence[str]:
    return [exact(word.text) for word in words_in(phrase)]


def with_tags(lines: Sequence[FoundWords], tags: Sequence[FoundWords]) -> list[FoundWords]:
    """Lines and tags together, the best first."""
    both = [*lines, *tags]
    return sorted(both, key=lambda each: (-each.relevance, -each.score, each.line.start_s))
