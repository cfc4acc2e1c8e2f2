"""Lines that say something like a query in other words.

The cosine of a line and a query says little by itself: relevance is how unlikely it is that the
best line of this library scores so high for a caption that has nothing to do with it, see
`accident`. In a small library no cosine is rare by the few lines alone, so some are added.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from data.lines import Channel
from embeddings.layers import Floats
from indexer.search.relevance.accident import LEAST_RELEVANCE, BestByAccident, accident_of
from indexer.search.words.found import ALL_WORDS_RELEVANCE, FoundWords
from indexer.store.lines import Numbers
from indexer.store.meaning.meaning_index import MeaningIndex
from indexer.store.meaning.passages import MEANT_CHANNELS
from indexer.store.rows.arrays import Mask

FETCHED = 50
"""Lines that are looked at."""

PRIOR_LINES = 50
"""Added to the number of lines."""

WORTH_ADDING = 0.05
"""Least relevance: what says almost nothing must not decide between equal hits of others."""

BEHIND = 0.99
"""Relevance of a line by its meaning, at most, as a share of that of one with every word."""


@dataclass(frozen=True)
class Meanings:
    """The meanings that can be searched at one instant; it never changes: threads may share it."""

    index: MeaningIndex
    """All of a generation."""
    live: Mask
    """(n,) which rows count; the readings of others are out of date."""
    accident: BestByAccident
    """How high the best line scores by accident."""

    def find(
        self,
        vector: Floats,
        channels: AbstractSet[Channel],
        videos: AbstractSet[int] | None = None,
    ) -> list[FoundWords]:
        """The lines that say something like a query, the best first, of each passage one.

        Args:
            vector: (d,) the query's sentence vector.
            channels: Only lines of these.
            videos: Only lines of these videos; None takes all.
        """
        allowed = self._allowed(channels, videos)
        scores, rows = self.index.index.search(vector[None], FETCHED, allowed=allowed)
        best: dict[tuple[int, int], tuple[int, float]] = {}
        for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True):
            best.setdefault(self.index.passage(row), (row, score))
        found = [self._found(row, score) for row, score in best.values()]
        return _of_one_channel([each for each in found if each.relevance >= WORTH_ADDING])

    def _allowed(
        self, channels: AbstractSet[Channel], videos: AbstractSet[int] | None
    ) -> Mask | None:
        asked = channels & MEANT_CHANNELS
        allowed = self.live
        if asked != MEANT_CHANNELS:
            allowed = allowed & self.index.in_channels(sorted(asked))
        if videos is not None:
            wanted = np.fromiter(videos, np.int64, len(videos))
            allowed = allowed & np.isin(self.index.video_ids, wanted)
        return None if allowed.all() else allowed

    def _found(self, row: int, score: float) -> FoundWords:
        n_lines = int(np.count_nonzero(self.live)) + PRIOR_LINES
        relevance = _above_chance(self.accident.relevance(score, n_lines))
        video_id = int(self.index.video_ids[row])
        line = self.index.line(row)
        return FoundWords(video_id, line, relevance, score, (), by_meaning=True)


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
    if published is None or not len(published):
        return None
    accident = accident_of(published.accident.best, published.accident.n_compared, len(published))
    return Meanings(published, np.isin(published.of_reading, live), accident)


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
