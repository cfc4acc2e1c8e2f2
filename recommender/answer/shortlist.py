"""Candidate generation: pick the few thousand videos worth scoring in a large library."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.store.rows.choice import index_rows
from indexer.store.rows.row_index import RowIndex
from recommender.answer.items import UserRequest
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import SameForAll, Source, ValuesOf
from recommender.sources.content import Content
from recommender.sources.item_links import best_rows
from recommender.sources.popularity import CrowdCounts
from recommender.sources.registry import CONTENT, NEW

MAX_SCORED = 50_000
"""Libraries of up to this many videos are scored whole."""
NEAR = 200
"""Nearest videos taken for each of the latest ones of the history."""
LATEST_LIKED = 12
"""Latest videos of a history whose neighbours are candidates."""
LINKED = 500
"""Best videos taken from each source that depends on the history."""
STANDING = 300
"""Best videos taken from each source that is the same for all users."""
UNWATCHED = 100
"""Nearest videos taken among those that no user has watched."""
SPARE = 10
"""A shortlist of fewer than this many candidates per place is not used: all are scored."""
_SPARE_TOP = 4  # times as many top videos are kept, since a user has seen some of them
_STALE = 1_000  # changed videos after which the top videos are searched again among all


class TopVideos:
    """The best videos by scores that are the same for all users, without a full search per event.

    The counts list the videos whose scores have changed.
    """

    def __init__(self, scores: ValuesOf, counts: CrowdCounts) -> None:
        self._scores = scores
        self._counts = counts
        # The best rows of the last full search, and how many changes there were before it.
        self._top: tuple[NDArray[np.int64], int] | None = None

    def best(self, n: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The n best allowed rows with a score above 0; ties go to the lower row."""
        changed, top = self._counts.touched, self._top
        if top is None or len(changed) - top[1] > _STALE:
            best = best_rows(self._scores(slice(None)), _SPARE_TOP * n)
            top = self._top = (best, len(changed))
        rows = np.union1d(top[0], np.asarray(changed[top[1] :], np.int64))
        rows = rows[allowed[rows]]
        return rows[best_rows(self._scores(rows), n)]


class Shortlist:
    """Candidates from every source with a weight: nearest videos, best by source, top for all."""

    def __init__(
        self, sources: Mapping[str, Source], counts: CrowdCounts, videos: VideoTable
    ) -> None:
        self._sources = sources
        self._counts = counts
        content = sources.get(CONTENT)
        # If content has a weight, neighbours are searched in its own space.
        self._vectors = content.vectors if isinstance(content, Content) else videos.centred
        added_s = videos.added_at_s
        since_s = added_s - added_s.min(initial=np.inf) if len(added_s) else added_s

        def unwatched(rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
            return np.where(counts.unwatched[rows], 1.0 + since_s[rows], 0.0)

        self._top = [TopVideos(unwatched, counts), TopVideos(counts.newness, counts)]
        for name, one in sources.items():
            if isinstance(one, SameForAll) and name != NEW:
                self._top.append(TopVideos(one.values, counts))

    @cached_property
    def _nearest(self) -> RowIndex:
        return index_rows(self._vectors)

    def warm_up(self) -> None:
        """Build the index, and search the top videos, now."""
        _ = self._nearest
        self._best_for_all(np.ones(len(self._vectors), bool))

    def rows(self, request: UserRequest, k: int) -> NDArray[np.int64] | None:
        """Rows to score for a page of k, rising, all of them allowed; None if all must be."""
        parts = [*self._similar(request), *self._best_for_all(request.allowed)]
        for history in _histories(request):
            for source in self._sources.values():
                if not isinstance(source, SameForAll | Content):
                    parts.append(_best_of(source, history, request.allowed))
        rows = np.unique(np.concatenate(parts))
        return rows if len(rows) >= SPARE * k else None

    def _similar(self, request: UserRequest) -> Iterator[NDArray[np.int64]]:
        history = request.taste.history
        if request.playing >= 0:
            yield self._near(np.asarray([request.playing]), NEAR, request.allowed)
        if len(history.item):
            latest = history.item[-LATEST_LIKED:]
            yield self._near(latest, NEAR, request.allowed)
            yield self._near(latest, UNWATCHED, request.allowed & self._counts.unwatched)

    def _near(
        self, rows: NDArray[np.int64], k: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """The allowed rows that are among the k nearest of some video, in rising order."""
        _, near = self._nearest.search(self._vectors[rows], k, allowed=allowed)
        return np.unique(near[near >= 0])

    def _best_for_all(self, allowed: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
        return [top.best(STANDING, allowed) for top in self._top]


def _histories(request: UserRequest) -> Iterator[Histories]:
    """The user's history, and the playing video as a history by itself, where there are any."""
    history = request.taste.history
    if len(history.item):
        yield history
    if request.playing >= 0:
        row = np.array([request.playing])
        yield Histories(np.array([0, 1]), row, np.ones(1), np.zeros(1), history.n_items)


def _best_of(source: Source, history: Histories, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    best = source.best(history, LINKED, allowed)
    if best is None:
        scores = source.scores(history)[0]
        best = best_rows(np.where(allowed, scores, np.float32(0.0)), LINKED)
    return best
