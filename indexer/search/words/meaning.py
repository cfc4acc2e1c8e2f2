"""Lines that say something like a query in other words.

The cosine of a line and a query says little by itself: relevance is how unlikely it is that the
best line of this library scores so high for a caption that has nothing to do with it, see
`accident`. In a small library no cosine is rare by the few lines alone, so some are added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Ids, Mask
from data.lines import Channel
from embeddings.plain.layers import Floats
from indexer.accident import LEAST_RELEVANCE, BestByAccident, accident_of
from indexer.search.words.found import ALL_WORDS_RELEVANCE, FoundWords
from indexer.store.lines import Numbers
from indexer.store.meaning.columns import CHANNELS
from indexer.store.meaning.meaning_index import MeaningIndex, used_meanings
from indexer.store.meaning.passages import MEANT_CHANNELS
from indexer.store.meaning.segment import MeaningSegment

FETCHED = 50
"""Lines that are looked at."""

PRIOR_LINES = 50
"""Added to the number of lines."""

WORTH_ADDING = 0.05
"""Least relevance: what says almost nothing must not decide between equal hits of others."""

BEHIND = 0.99
"""Relevance of a line by its meaning, at most, as a share of that of one with every word."""


@dataclass(frozen=True)
class SearchedLines:
    """The lines of one segment, and which of its readings count."""

    segment: MeaningSegment
    """Where they lie."""
    live: Mask
    """(r,) which readings count; others are out of date."""

    def nearest(
        self, vector: Floats, channels: AbstractSet[Channel], videos: Ids | None
    ) -> list[_Near]:
        """The lines nearest to a vector, the best first."""
        columns = self.segment.columns
        codes = [CHANNELS.index(channel) for channel in channels]
        allowed = self.live & np.isin(columns.channels, codes)
        if videos is not None:
            allowed &= np.isin(columns.video_ids, videos)
        rows = None if allowed.all() else columns.rows_of(allowed)
        scores, found = self.segment.index.search(vector[None], FETCHED, allowed=rows)
        return [
            (float(score), self, int(row)) for score, row in zip(scores[0], found[0], strict=True)
        ]

    def passage(self, row: int) -> tuple[int, int]:
        """The reading of a row, and which of its passages the line stands in."""
        columns = self.segment.columns
        return int(columns.numbers[columns.place_of(row)]), int(columns.passages[row])

    def video_id(self, row: int) -> int:
        """The video of a row."""
        columns = self.segment.columns
        return int(columns.video_ids[columns.place_of(row)])


_Near = tuple[float, SearchedLines, int]
"""A line: its score, its segment and its row."""


@dataclass(frozen=True)
class Meanings:
    """The meanings that can be searched at one instant; it never changes: threads may share it."""

    model_id: str
    """The sentence encoder of their vectors."""
    searched: tuple[SearchedLines, ...]
    """The segments of a generation of which something counts."""
    n_lines: int
    """Lines that count."""
    accident: BestByAccident
    """How high the best line scores by accident."""

    def find(
        self,
        vector: Floats,
        channels: AbstractSet[Channel],
        videos: AbstractSet[int] | None = None,
        *,
        says_something: Callable[[str], bool] = bool,
    ) -> list[FoundWords]:
        """The lines that say something like a query, the best first, of each passage one.

        Args:
            vector: (d,) the query's sentence vector.
            channels: Only lines of these.
            videos: Only lines of these videos; None takes all.
            says_something: Whether the text of a line counts.
        """
        wanted = None if videos is None else np.fromiter(videos, np.int64, len(videos))
        nearest = [
            each
            for searched in self.searched
            for each in searched.nearest(vector, channels & MEANT_CHANNELS, wanted)
        ]
        best: dict[tuple[int, int], FoundWords] = {}
        for score, searched, row in sorted(nearest, key=_order)[:FETCHED]:
            if (passage := searched.passage(row)) not in best:
                found = self._found(score, searched, row)
                if says_something(found.line.text):
                    best[passage] = found
        return _of_one_channel([each for each in best.values() if each.relevance >= WORTH_ADDING])

    def _found(self, score: float, searched: SearchedLines, row: int) -> FoundWords:
        relevance = _above_chance(self.accident.relevance(score, self.n_lines + PRIOR_LINES))
        line = searched.segment.line(row)
        return FoundWords(searched.video_id(row), line, relevance, score, (), by_meaning=True)


def _order(found: _Near) -> tuple[float, int, int]:
    """The best first; equal ones in the same order in whatever segments they lie."""
    score, searched, row = found
    columns = searched.segment.columns
    place = columns.place_of(row)
    return -score, int(columns.numbers[place]), row - int(columns.firsts[place])


def _of_one_channel(found: Sequence[FoundWords]) -> list[FoundWords]:
    """Of each video the lines of the channel with its best line; `found` has the best first.

    Channels add up where they do not know of each other: what one encoder takes the title for and
    the speech of a video is the same guess twice.
    """
    channels: dict[int, Channel] = {}
    for each in found:
        channels.setdefault(each.video_id, each.line.channel)
    return [each for each in found if each.line.channel == channels[each.video_id]]


def _above_chance(relevance: float) -> float:
    """The relevance without what any text reaches: what says nothing adds nothing."""
    return max(relevance - LEAST_RELEVANCE, 0.0) / (1.0 - LEAST_RELEVANCE)


def open_meanings(published: MeaningIndex | None, live: Numbers) -> Meanings | None:
    """What can be searched by meaning; None where the generation in use has nothing.

    Args:
        published: Of the generation in use.
        live: (r,) the readings that count, ascending.
    """
    used = used_meanings(published, live)
    if published is None or not used:
        return None
    n_lines = sum(segment.columns.n_lines(mask) for segment, mask in used)
    best = np.max([segment.best.among(mask)[0] for segment, mask in used], axis=0)
    searched = tuple(SearchedLines(segment, mask) for segment, mask in used)
    accident = accident_of(best, n_lines, n_lines)
    return Meanings(published.model_id, searched, n_lines, accident)


def with_meanings(found: Sequence[FoundWords], meant: Sequence[FoundWords]) -> list[FoundWords]:
    """The lines found by their words and by their meaning, the best first, each once.

    What holds every word of the query is never behind what only means the same: the latter counts
    for less than each of them.
    """
    whole = [each.relevance for each in found if each.relevance >= ALL_WORDS_RELEVANCE]
    most = BEHIND * min(whole, default=1.0)
    lines = {_key(each): each for each in found}
    for each in meant:
        relevance = min(each.relevance, most)
        known = lines.get(_key(each))
        if known is None:
            lines[_key(each)] = replace(each, relevance=relevance)
        elif relevance > known.relevance:
            lines[_key(each)] = replace(known, relevance=relevance, by_meaning=True)
    return sorted(
        lines.values(),
        key=lambda each: (-each.relevance, each.by_meaning, -each.score, each.line.start_s),
    )


def _key(each: FoundWords) -> tuple[int, Channel, int, int, str]:
    """What makes two lines one; times are kept to the millisecond with the words."""
    line = each.line
    times = (round(1000 * line.start_s), round(1000 * line.end_s))
    return (each.video_id, line.channel, *times, line.text)
