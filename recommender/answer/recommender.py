"""What to watch next: one user's history and everybody's, on the vectors of a library."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

import numpy as np

from data.history import Event
from recommender.answer import shortlist
from recommender.answer.exploration import Exploration
from recommender.answer.items import Recommendations, UserRequest
from recommender.answer.live import LiveLog
from recommender.answer.page import make_page
from recommender.answer.playing import as_watched_last
from recommender.answer.scoring import Scored, score
from recommender.answer.shortlist import Shortlist
from recommender.events.log import EventLog, read_events
from recommender.events.videos import VideoTable
from recommender.model.blend import Blender
from recommender.model.model import Settings, fit_sources
from recommender.model.taste import Taste, read_taste
from recommender.sources.base import Source
from recommender.sources.item_links import Rows
from recommender.sources.registry import SOURCES, live_sources

REFIT_SHARE = 0.02
"""Sources are fitted again once this part of their events is new; live ones follow at once."""
OTHERS_PRIOR = 10.0
"""Number of other users at which sources of what they did count half."""
FROM_CROWD = tuple(kind.name for kind in SOURCES if kind.from_crowd)
"""Sources of what other users did."""


class LiveModel:
    """A log that grows and the sources fitted on it; replaced as a whole when fitted again.

    `saved` sources of a saved model stay as they are; None fits them on the log.
    """

    def __init__(
        self,
        log: LiveLog,
        videos: VideoTable,
        settings: Settings,
        saved: Mapping[str, Source] | None = None,
    ) -> None:
        self.log = log
        self._saved = saved
        self._videos = videos
        self._settings = settings
        self._lock = threading.Lock()
        self._sources: dict[str, Source] | None = None
        self._n_fitted = 0

    @property
    def stale(self) -> bool:
        """Enough events are new to fit again; a saved model never is."""
        if self._saved is not None:
            return False
        new = len(self.log) - self._n_fitted
        return self._sources is not None and new > REFIT_SHARE * self._n_fitted

    @property
    def sources(self) -> dict[str, Source]:
        """Fitted on first use; popularity and newness follow the events at once."""
        with self._lock:
            if self._sources is None:
                whole = self.log.whole
                self._n_fitted = len(whole)
                fitted = live_sources(self.log.counts) | dict(self._saved or {})
                self._sources = fit_sources(whole, self._videos, self._settings, fitted=fitted)
            return self._sources

    @cached_property
    def shortlist(self) -> Shortlist:
        """Picks the videos worth scoring."""
        return Shortlist(self.sources, self.log.counts, self._videos)

    def taste(self, user: str) -> Taste:
        """What is known of a user."""
        return read_taste(self.log.pairs_of(self.log.users.get(user, -1)), len(self._videos))

    def trust(self, taste: Taste) -> float:
        """How much sources of other users count for one user: less if there are few others."""
        n_others = self.log.n_active - bool(len(taste.seen))
        return n_others / (n_others + OTHERS_PRIOR)

    def blender(self, trust: float) -> Blender:
        """The sources with their weights; those of other users count by `trust`."""
        weights = self._settings.weights.trusting(FROM_CROWD, trust)
        return Blender(self.sources, weights)

    def on(self, log: EventLog) -> LiveModel:
        """The same settings on other events, fitted on first use."""
        return LiveModel(LiveLog(log, self._videos), self._videos, self._settings)


class Recommender:
    """Recommends to every user of a library; several threads may share one.

    Events on other videos are ignored. `saved` sources of a saved model stay as they are; None fits
    them here, and again when enough events are new.
    """

    def __init__(
        self,
        videos: VideoTable,
        events: Iterable[Event] | EventLog = (),
        settings: Settings | None = None,
        saved: Mapping[str, Source] | None = None,
    ) -> None:
        self.videos = videos
        self.scores_all = len(videos) <= shortlist.MAX_SCORED
        """All videos are scored for each answer, not only a shortlist."""
        log = events if isinstance(events, EventLog) else read_events(events, videos)
        self.live = LiveModel(LiveLog(log, videos), videos, settings or Settings(), saved)
        """The events and the model that answer now."""
        self._writing = threading.Lock()
        self._refitting: threading.Thread | None = None

    def observe(self, events: Iterable[Event]) -> None:
        """Add new events; they count in the next answer."""
        with self._writing:
            self.live.log.add(events)
            if self.live.stale:
                self._refit()

    def _refit(self) -> None:
        if self.scores_all:
            self.live = self.live.on(self.live.log.whole)
        elif self._refitting is None or not self._refitting.is_alive():
            self._refitting = threading.Thread(target=self._refit_behind, daemon=True)
            self._refitting.start()

    def _refit_behind(self) -> None:
        # A large library takes long to fit: until then the old model answers.
        whole = self.live.log.whole
        live = self.live.on(whole)
        live.shortlist.warm_up()
        with self._writing:
            live.log.extend(self.live.log.since(len(whole)))
            self.live = live

    def wait_for_refit(self, timeout_s: float | None = None) -> None:
        """Wait until a fit in the background, if there is one, has ended."""
        if self._refitting is not None:
            self._refitting.join(timeout_s)

    def warm_up(self) -> None:
        """Fit now, so that the first answer is as fast as the next."""
        if not self.scores_all:
            _ = self.videos.row_of
            self.live.shortlist.warm_up()
        if len(self.videos):
            self.recommend("", 1)

    def recommend(
        self,
        user: str,
        k: int = 10,
        *,
        exclude: Collection[int] = (),
        at: datetime | None = None,
        playing: int | None = None,
        explore: float | Exploration = 0.0,
    ) -> Recommendations:
        """Recommend up to k videos that the user has not seen.

        Args:
            user: User name; an unknown user gets popular and new videos.
            k: Maximum number of videos.
            exclude: Ids of videos not to recommend.
            at: Answer as of this time, without later events and later videos. None is now.
            playing: Id of the video that is playing; similar videos rank higher.
            explore: Probability with which each place is filled at random.

        Raises:
            ValueError: k is below 1, or `explore` is no probability.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        started = time.perf_counter()
        exploration = explore if isinstance(explore, Exploration) else Exploration(explore)
        live = self._as_of(at)
        request = self.request(live, user, exclude, at=at, playing=playing)
        scored = self.scored(live, request, k)
        places = make_page(scored.candidates(), self.videos, k, exploration=exploration)
        items = [scored.item(rank, place) for rank, place in enumerate(places, 1)]
        took_ms = (time.perf_counter() - started) * 1000.0
        return Recommendations(user, items, took_ms, exploration.share)

    def _as_of(self, at: datetime | None) -> LiveModel:
        live = self.live
        if at is None or at.timestamp() >= live.log.latest_s:
            return live
        return live.on(live.log.whole.until(at.timestamp()))

    def request(
        self,
        live: LiveModel,
        user: str,
        exclude: Collection[int] = (),
        *,
        at: datetime | None = None,
        playing: int | None = None,
    ) -> UserRequest:
        """What is known of a user, and the videos that are neither seen nor excluded."""
        taste = live.taste(user)
        seen = taste.seen.tolist()
        allowed = np.ones(len(self.videos), bool)
        excluded = [self.videos.row_of[one] for one in exclude if one in self.videos.row_of]
        if at is not None:
            allowed &= self.videos.added_at_s <= at.timestamp()
        now = -1 if playing is None else self.videos.row_of.get(playing, -1)
        if now >= 0:
            excluded.append(now)
            taste = replace(taste, history=as_watched_last(taste.history, now))
        for rows in (seen, excluded, *self.videos.all_inside([*seen, *excluded])):
            allowed[rows] = False
        return UserRequest(taste, allowed, now)

    def scored(self, live: LiveModel, request: UserRequest, k: int) -> Scored:
        """The videos scored for a page of k: all, or in a large library a shortlist."""
        rows: Rows = None if self.scores_all else live.shortlist.rows(request, k)
        unwatched, trust = live.log.counts.unwatched, live.trust(request.taste)
        return score(self.videos, unwatched, request, live.blender(trust), trust, rows)
