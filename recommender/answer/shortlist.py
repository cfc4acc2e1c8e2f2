"""Of very many videos the few thousand that can reach a page: only those are scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.store.faiss_cells import index_rows
from indexer.store.vector_index import VectorIndex
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.model.taste import Taste
from recommender.sources.base import SameForAll, Source
from recommender.sources.content import Content
from recommender.sources.item_links import best_rows
from recommender.sources.popularity import CrowdCounts, Newness
from recommender.sources.registry import CONTENT

SCORED_WHOLE = 50_000
"""Up to so many videos every one is scored.

One answer, p50 of scoring all and of a shortlist, made-up worlds, 2026-11-21: 10,000 videos 4.9 and
5.0 ms, 25,000 12.8 and 5.4, 50,000 28.5 and 9.6, 100,000 62 and 12.6.
"""
NEAR = 200
"""Nearest videos of each of the latest ones."""
LATEST = 12
"""Latest videos of a history whose neighbours are candidates."""
LINKED = 500
"""Best of each source that is fitted on what people did."""
STANDING = 300
"""Best of each source that is the same for all."""
UNWATCHED = 100
"""Nearest, and newest, among those that nobody has watched."""
SPARE = 10
"""A page of k is made of at least k times so many candidates; else all are scored."""
_DEEP = 4  # the best of the crowd are known so many times deeper: people have met some of them
_STALE = 1_000  # events, after which the best of the crowd are sought anew among all videos


@dataclass(frozen=True, eq=False)
class Asked:
    """One person, and what may be recommended."""

    taste: Taste
    """The person."""
    allowed: NDArray[np.bool_]
    """(n,) videos that may be recommended."""
    playing: int
    """Row of the video that is playing; -1 for none."""


class Standing:
    """The best videos for all, known without going over all of them after every event.

    Args:
        values: Gives what all videos are worth, or some rows of them.
        counts: Tells which videos have changed.
    """

    def __init__(
        self,
        values: Callable[[NDArray[np.int64] | slice], NDArray[np.float64]],
        counts: CrowdCounts,
    ) -> None:
        self._values = values
        self._counts = counts
        self._found: tuple[NDArray[np.int64], int] | None = None

    def best(self, n: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The n best allowed rows, those worth nothing left out; ties go to the lower row."""
        touched = self._counts.touched
        found = self._found
        if found is None or len(touched) - found[1] > _STALE:
            found = self._found = (best_rows(self._values(slice(None)), _DEEP * n), len(touched))
        rows = np.union1d(found[0], np.asarray(touched[found[1] :], np.int64))
        rows = rows[allowed[rows]]
        return rows[best_rows(self._values(rows), n)]


class Shortlist:
    """Candidates for one page.

    Args:
        videos: All videos.
    """

    def __init__(self, videos: VideoTable) -> None:
        self._videos = videos

    def warm_up(self) -> None:
        """Make the index of ids now."""
        _ = self._videos.row_of

    def rows(
        self, asked: Asked, sources: Mapping[str, Source], standings: Standings, k: int
    ) -> NDArray[np.int64] | None:
        """Rows to score in rising order, all of them allowed; None where all must be scored.

        Args:
            asked: Who asks.
            sources: Those that count.
            standings: What is best for all.
            k: Length of the page.
        """
        found = [*self._alike(asked, standings), *standings.best(asked.allowed)]
        for history in _told(asked):
            for source in sources.values():
                if not isinstance(source, SameForAll | Newness | Content):
                    found.append(_best_of(source, history, asked.allowed))
        rows = np.unique(np.concatenate(found))
        return rows if len(rows) >= SPARE * k else None

    def _alike(self, asked: Asked, standings: Standings) -> Iterator[NDArray[np.int64]]:
        history = asked.taste.history
        if asked.playing >= 0:
            yield standings.near(np.asarray([asked.playing]), NEAR, asked.allowed)
        if len(history.item):
            latest = history.item[-LATEST:]
            yield standings.near(latest, NEAR, asked.allowed)
            unwatched = asked.allowed & standings.counts.unwatched
            yield standings.near(latest, UNWATCHED, unwatched)


class Standings:
    """The best for all, by each source that is the same for all, and an index of the vectors.

    Args:
        sources: All sources with a weight.
        counts: What the crowd did.
        videos: The videos.
    """

    def __init__(
        self, sources: Mapping[str, Source], counts: CrowdCounts, videos: VideoTable
    ) -> None:
        self.counts = counts
        content = sources.get(CONTENT)
        # Where content has a weight its neighbours are wanted, by its own vectors.
        self._vectors = content.vectors if isinstance(content, Content) else videos.centred
        added_s = videos.added_at_s
        since_s = added_s - added_s.min(initial=np.inf) if len(added_s) else added_s

        def unwatched(rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
            return np.where(counts.unwatched[rows], 1.0 + since_s[rows], 0.0)

        self._standing = [Standing(unwatched, counts), Standing(counts.newness, counts)]
        for one in sources.values():
            if isinstance(one, SameForAll):
                self._standing.append(Standing(one.values.__getitem__, counts))

    @cached_property
    def nearest(self) -> VectorIndex:
        """Finds the nearest videos."""
        return index_rows(self._vectors)

    def near(
        self, rows: NDArray[np.int64], k: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """The allowed rows that are among the k nearest of some video, in rising order."""
        _, found = self.nearest.search(self._vectors[rows], k, allowed=allowed)
        return np.unique(found[found >= 0])

    def best(self, allowed: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
        """The best of each."""
        return [one.best(STANDING, allowed) for one in self._standing]


def _told(asked: Asked) -> Iterator[Histories]:
    """The person's history, and what is playing as a history of its own, where there are any."""
    history = asked.taste.history
    if len(history.item):
        yield history
    if asked.playing >= 0:
        one = np.array([0, 1])
        yield Histories(one, one[:1] + asked.playing, np.ones(1), np.zeros(1), history.n_items)


def _best_of(source: Source, history: Histories, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    found = source.best(history, LINKED, allowed)
    if found is None:
        scores = source.scores(history)[0]
        found = best_rows(np.where(allowed, scores, np.float32(0.0)), LINKED)
    return found
