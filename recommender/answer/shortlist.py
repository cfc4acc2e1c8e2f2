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
from recommender.sources.base import Nominating, SameForAll, Source, best_rows
from recommender.sources.counts import CrowdCounts, Freshness
from recommender.sources.tastes import Interests, Taste

SCORED_WHOLE = 50_000
"""Up to so many videos every one is scored.

One answer, p50 of scoring all and of a shortlist, made-up worlds, 2026-11-21: 10,000 videos 4.9 and
5.0 ms, 25,000 12.8 and 5.4, 50,000 28.5 and 9.6, 100,000 62 and 12.6.
"""
NEAR = 200
"""Nearest videos of each interest and of each of the latest ones."""
LATEST = 5
"""Latest videos whose neighbours are looked up, beside the interests."""
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
        self._interests = Interests(videos)

    @cached_property
    def _nearest(self) -> VectorIndex:
        return index_rows(self._videos.centred)

    def warm_up(self) -> None:
        """Make the index of vectors, and that of ids, now."""
        _ = self._nearest, self._videos.row_of

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
                if not isinstance(source, SameForAll | Freshness | Interests):
                    found.append(_best_of(source, history, asked.allowed))
        rows = np.unique(np.concatenate(found))
        return rows if len(rows) >= SPARE * k else None

    def _alike(self, asked: Asked, standings: Standings) -> Iterator[NDArray[np.int64]]:
        history, centred = asked.taste.history, self._videos.centred
        if asked.playing >= 0:
            yield self._near(centred[[asked.playing]], NEAR, asked.allowed)
        if not len(history.item):
            return
        centres = self._interests.centres(history)
        both = np.concatenate([centres, centred[history.item[-LATEST:]]])
        yield self._near(both, NEAR, asked.allowed)
        unwatched = asked.allowed & standings.counts.nobody_watched
        yield self._near(centres, UNWATCHED, unwatched)

    def _near(
        self, vectors: NDArray[np.floating], k: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """The allowed rows that are among the k nearest of some vector, in rising order."""
        _, rows = self._nearest.search(np.asarray(vectors, np.float32), k, allowed=allowed)
        return np.unique(rows[rows >= 0])


class Standings:
    """The best for all, by each source that is the same for all.

    Args:
        sources: All sources that count.
        counts: What the crowd did.
        added_s: (n,) when the library got each video.
    """

    def __init__(
        self, sources: Mapping[str, Source], counts: CrowdCounts, added_s: NDArray[np.float64]
    ) -> None:
        self.counts = counts
        since_s = added_s - added_s.min(initial=np.inf) if len(added_s) else added_s

        def unwatched(rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
            return np.where(counts.nobody_watched[rows], 1.0 + since_s[rows], 0.0)

        self._standing = [Standing(unwatched, counts), Standing(counts.newness, counts)]
        for one in sources.values():
            if isinstance(one, SameForAll):
                self._standing.append(Standing(one.values.__getitem__, counts))

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
    found = source.best(history, LINKED, allowed) if isinstance(source, Nominating) else None
    if found is None:
        scores = source.scores(history)[0]
        found = best_rows(np.where(allowed, scores, np.float32(0.0)), LINKED)
    return found
