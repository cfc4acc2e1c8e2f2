"""What to watch next: one person's history and everybody's, on the vectors of a library."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.blending import Blend, Source, blend, weights_for
from recommender.co_watching import CoWatching, fit_co_watching
from recommender.diversity import diversify, keep_places
from recommender.event_log import EventLog, WatchEvent
from recommender.popularity import recent_popularity
from recommender.tastes import Taste, interest_scores, pushed_down, read_taste, watched_that_fits
from recommender.videos import VideoTable

REFIT_SHARE = 0.02
"""Co-watching is fitted anew once this part of its events is new; nothing else is ever stale."""


@dataclass(frozen=True)
class Because:
    """The watched video that led to a recommendation."""

    video_id: int
    """Its permanent id."""
    title: str
    """Its title."""


@dataclass(frozen=True)
class Item:
    """One recommended video."""

    rank: int
    """From 1."""
    video_id: int
    """Permanent id."""
    path: Path | None
    """Its file, where known."""
    title: str
    """Its title."""
    score: float
    """0 to 1, never rising along the list."""
    source: Source
    """What gave most of its score, or `new` for a place kept for what nobody has watched."""
    because: Because | None
    """The watched video that gave it, for `interest` and `co-watch`."""


@dataclass(frozen=True)
class Recommendations:
    """A ranked list for one person."""

    user: str
    """The person."""
    items: list[Item]
    """Best first; fewer than asked when little is left to recommend."""
    took_ms: float
    """Time it took."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each source says about every video for one person."""

    taste: Taste
    """The person."""
    scores: dict[Source, NDArray[np.float64]]
    """(n,) raw scores; at or below 0 where a source knows nothing."""
    candidates: NDArray[np.bool_]
    """(n,) videos that may be recommended."""
    blend: Blend
    """The sources blended, before dislikes and diversity."""


class _Crowd:
    """Everybody's events and what follows from them; replaced whole, so readers need no lock."""

    def __init__(self, log: EventLog, fitted: CoWatching | None = None, n_fitted: int = 0) -> None:
        self.log = log
        self._lock = threading.Lock()
        stale = len(log) - n_fitted > REFIT_SHARE * n_fitted
        self._fitted = None if stale else fitted
        self._n_fitted = len(log) if stale else n_fitted

    @property
    def co_watching(self) -> CoWatching:
        with self._lock:
            if self._fitted is None:
                self._fitted = fit_co_watching(self.log.liked)
            return self._fitted

    @cached_property
    def popularity(self) -> NDArray[np.float64]:
        return recent_popularity(self.log)

    @cached_property
    def nobody_watched(self) -> NDArray[np.bool_]:
        """(n,) videos without an event that says anything, for or against."""
        said = self.log.pairs.where((self.log.pairs.weight > 0) | self.log.pairs.disliked)
        return np.asarray(np.bincount(said.row, minlength=self.log.n_videos) == 0)

    def plus(self, log: EventLog) -> _Crowd:
        return _Crowd(log, self._fitted, self._n_fitted if self._fitted else 0)


class Recommender:
    """Answers for every person of a library; safe to ask from several threads.

    Args:
        videos: What may be recommended.
        events: Everything known of what people did, in any order; on other videos it is ignored.
    """

    def __init__(self, videos: VideoTable, events: Iterable[WatchEvent] = ()) -> None:
        self.videos = videos
        self._writing = threading.Lock()
        self._crowd = _Crowd(EventLog.empty(videos).add(events, videos))

    def observe(self, events: Iterable[WatchEvent]) -> None:
        """Take in new events; the very next answer knows them."""
        with self._writing:
            self._crowd = self._crowd.plus(self._crowd.log.add(events, self.videos))

    def warm_up(self) -> None:
        """Fit what is fitted once, so that the first answer is as fast as the next."""
        if len(self.videos):
            self.recommend("", 1)
            _ = self._crowd.co_watching

    def recommend(
        self,
        user: str,
        k: int = 10,
        *,
        exclude: Collection[int] = (),
        at: datetime | None = None,
    ) -> Recommendations:
        """Recommend up to k videos that the person has not met.

        Args:
            user: The person; somebody unknown gets what is popular and new.
            k: Most videos to recommend.
            exclude: Ids of videos not to recommend.
            at: Answer as of this time: later events do not count, later videos do not exist. None
                is now.

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        started = time.perf_counter()
        crowd = self._as_of(at)
        evidence = self._evidence(crowd, user, exclude, at)
        items = self._page(crowd, evidence, k)
        return Recommendations(user, items, (time.perf_counter() - started) * 1000.0)

    def evidence(
        self, user: str, *, exclude: Collection[int] = (), at: datetime | None = None
    ) -> Evidence:
        """What each source says for a person, for evaluation and for `--explain`."""
        return self._evidence(self._as_of(at), user, exclude, at)

    def _as_of(self, at: datetime | None) -> _Crowd:
        crowd = self._crowd
        if at is None or at.timestamp() >= crowd.log.latest_s:
            return crowd
        return _Crowd(crowd.log.until(at.timestamp()))

    def _evidence(
        self, crowd: _Crowd, user: str, exclude: Collection[int], at: datetime | None
    ) -> Evidence:
        person = crowd.log.people.get(user, -1)
        taste = read_taste(crowd.log.pairs.of(person), self.videos)
        candidates = np.ones(len(self.videos), bool)
        candidates[taste.met] = False
        candidates[[self.videos.row_of[one] for one in exclude if one in self.videos.row_of]] = (
            False
        )
        if at is not None:
            candidates &= self.videos.added_at_s <= at.timestamp()
        scores: dict[Source, NDArray[np.float64]] = {
            "interest": interest_scores(taste, self.videos),
            "co-watch": self._co_watch_scores(crowd, taste),
            "popular": crowd.popularity,
            "new": self._newness(crowd),
        }
        n_others = crowd.log.n_people - bool(len(taste.met))
        weights = weights_for(len(taste.liked), n_others)
        return Evidence(taste, scores, candidates, blend(scores, candidates, weights))

    def _co_watch_scores(self, crowd: _Crowd, taste: Taste) -> NDArray[np.float64]:
        if not len(taste.liked):
            return np.zeros(len(self.videos))
        return crowd.co_watching.scores(taste.liked, taste.weights)

    def _newness(self, crowd: _Crowd) -> NDArray[np.float64]:
        """(n,) above 0 for videos that nobody has watched, higher for those added later."""
        added_s = self.videos.added_at_s
        since_first_s = added_s - added_s.min(initial=0.0 if not len(added_s) else np.inf)
        return np.where(crowd.nobody_watched, 1.0 + since_first_s, 0.0)

    def _page(self, crowd: _Crowd, evidence: Evidence, k: int) -> list[Item]:
        # What no source speaks for is still put in order of likeness, below everything else.
        likeness = 1e-6 * np.clip(1.0 + evidence.scores["interest"], 0.0, 2.0) / 2.0
        total = np.minimum(evidence.blend.total + likeness, 1.0)
        total = total * pushed_down(evidence.taste, self.videos)
        rows = np.flatnonzero(evidence.candidates)
        vectors = self.videos.centred[rows]
        page = [(int(rows[i]), value) for i, value in diversify(total[rows], vectors, k)]
        fresh = rows[crowd.nobody_watched[rows]]
        # Among the new ones what the person likes comes first; what is like nothing known, by date.
        keys = (-evidence.scores["new"][fresh], -evidence.scores["interest"][fresh])
        best = fresh[np.lexsort(keys)][:k]
        page, kept = keep_places(page, [(int(row), float(total[row])) for row in best], k)
        return [
            self._item(rank, row, value, (evidence, crowd, row in kept))
            for rank, (row, value) in enumerate(page, 1)
        ]

    def _item(self, rank: int, row: int, value: float, why: tuple[Evidence, _Crowd, bool]) -> Item:
        evidence, crowd, kept = why
        source = "new" if kept else evidence.blend.source(row)
        if source is None:
            source = "new" if crowd.nobody_watched[row] else "popular"
        cause: int | None = None
        taste = evidence.taste
        if source == "interest":
            cause = watched_that_fits(taste, self.videos, row)
        elif source == "co-watch":
            links = crowd.co_watching.links(taste.liked, row) * taste.weights
            cause = int(taste.liked[np.argmax(links)])
        because = cause if cause is None else self._because(cause)
        return Item(
            rank,
            int(self.videos.ids[row]),
            self.videos.path(row),
            self.videos.title(row),
            value,
            source,
            because,
        )

    def _because(self, row: int) -> Because:
        return Because(int(self.videos.ids[row]), self.videos.title(row))
