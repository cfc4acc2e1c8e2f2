"""What to watch next: one person's history and everybody's, on the vectors of a library."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.history.history import Event
from recommender.answer import shortlist as candidates
from recommender.answer.exploration import Exploration
from recommender.answer.items import REST, Because, Item, Recommendations
from recommender.answer.live import LiveLog
from recommender.answer.page import Candidates, Place, make_page
from recommender.answer.playing import PLAYING, PlayingNow, as_watched_last, with_playing
from recommender.answer.shortlist import Asked, Shortlist, Standings
from recommender.events.log import EventLog, read_events
from recommender.events.videos import VideoTable
from recommender.model.blend import Blend, Blender
from recommender.model.model import Model, Settings, fit_model
from recommender.model.taste import Taste, pushed_down, read_taste
from recommender.sources.base import Source
from recommender.sources.content import Content
from recommender.sources.item_links import Rows
from recommender.sources.registry import BY_NAME, NEW, SOURCES, live_sources

REFIT_SHARE = 0.02
"""Sources are fitted anew once this part of their events is new; live ones follow at once."""
OTHERS_PRIOR = 10.0
"""Number of other people at which sources of what they did count half."""
FROM_CROWD = tuple(kind.name for kind in SOURCES if kind.from_crowd)
"""Sources of what other people did."""


class Crowd:
    """Everybody's events and what follows from them; replaced whole when it is fitted anew."""

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
        self._model: Model | None = None
        self._n_fitted = 0

    @property
    def stale(self) -> bool:
        """Enough is new to fit anew what was fitted; what was given stays."""
        if self._saved is not None:
            return False
        new = len(self.log) - self._n_fitted
        return self._model is not None and new > REFIT_SHARE * self._n_fitted

    @property
    def model(self) -> Model:
        """Fitted when first asked for; sources of the crowd follow the events at once."""
        with self._lock:
            if self._model is None:
                whole = self.log.whole
                self._n_fitted = len(whole)
                fitted = live_sources(self.log.counts) | dict(self._saved or {})
                self._model = fit_model(whole, self._videos, self._settings, fitted=fitted)
            return self._model

    @cached_property
    def standings(self) -> Standings:
        """What is best for all."""
        return Standings(self.model.sources, self.log.counts, self._videos)

    @property
    def unwatched(self) -> NDArray[np.bool_]:
        """(n,) videos without an event that says anything, for or against."""
        return self.log.counts.unwatched

    def trust(self, taste: Taste) -> float:
        """How far somebody should believe the crowd: the less the fewer others there are."""
        n_others = self.log.n_active - bool(len(taste.met))
        return n_others / (n_others + OTHERS_PRIOR)

    def blender(self, trust: float) -> Blender:
        """The sources, the crowd's word counting as far as it is trusted."""
        weights = self._settings.weights.trusting(FROM_CROWD, trust)
        return Blender(self.model.sources, weights)

    def of(self, log: EventLog) -> Crowd:
        """The same on other events, fitted when first asked for."""
        return Crowd(LiveLog(log, self._videos), self._videos, self._settings)

    def warm_up(self) -> None:
        """Fit now, and find what is best for all."""
        _ = self.standings.nearest
        self.standings.best(np.ones(len(self._videos), bool))


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each source says about the videos for one person."""

    taste: Taste
    """The person."""
    rows: NDArray[np.int64]
    """(n,) the videos that were scored, in rising order: all, or a shortlist."""
    allowed: NDArray[np.bool_]
    """(n,) those that may be recommended."""
    blend: Blend
    """The sources blended, before dislikes and diversity; one person, n columns."""
    playing: int
    """Row of the video that is playing; -1 for none."""
    likeness: NDArray[np.float32]
    """(n,) similarity of each to what the person liked, 0 to 1; zeros without a history."""


class Recommender:
    """Answers for every person of a library; safe to ask from several threads.

    Args:
        videos: What may be recommended.
        events: Everything known of what people did, in any order; on other videos it is ignored.
            Columns of these videos' rows do as well as single events.
        settings: What to fit with; None takes the default ones.
        saved: Sources of a saved model, which stay as they are; None fits them here, and again
            when enough is new.
    """

    def __init__(
        self,
        videos: VideoTable,
        events: Iterable[Event] | EventLog = (),
        settings: Settings | None = None,
        saved: Mapping[str, Source] | None = None,
    ) -> None:
        self.videos = videos
        self._settings = settings or Settings()
        self._writing = threading.Lock()
        self._renewing: threading.Thread | None = None
        self._shortlist = Shortlist(videos) if len(videos) > candidates.SCORED_WHOLE else None
        log = events if isinstance(events, EventLog) else read_events(events, videos)
        self._crowd = Crowd(LiveLog(log, videos), videos, self._settings, saved)

    @property
    def model(self) -> Model:
        """The sources as they are fitted now."""
        return self._crowd.model

    def observe(self, events: Iterable[Event]) -> None:
        """Take in new events; the very next answer knows them."""
        with self._writing:
            self._crowd.log.add(events)
            if self._crowd.stale:
                self._renew()

    def _renew(self) -> None:
        if self._shortlist is None:
            self._crowd = self._crowd.of(self._crowd.log.whole)
        elif self._renewing is None or not self._renewing.is_alive():
            self._renewing = threading.Thread(target=self._renew_behind, daemon=True)
            self._renewing.start()

    def _renew_behind(self) -> None:
        # Fitting takes long where there are many videos; answers go on with what was fitted before.
        whole = self._crowd.log.whole
        crowd = self._crowd.of(whole)
        crowd.warm_up()
        with self._writing:
            crowd.log.extend(self._crowd.log.since(len(whole)))
            self._crowd = crowd

    def warm_up(self) -> None:
        """Fit what is fitted once, so that the first answer is as fast as the next."""
        if self._shortlist is not None:
            self._shortlist.warm_up()
            self._crowd.warm_up()
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
        """Recommend up to k videos that the person has not met.

        Args:
            user: The person; somebody unknown gets what is popular and new.
            k: Most videos to recommend.
            exclude: Ids of videos not to recommend.
            at: Answer as of this time: later events do not count, later videos do not exist. None
                is now.
            playing: Id of the video that plays now: what goes with it moves up, itself stays out.
            explore: Probability with which each place is left to chance.

        Raises:
            ValueError: k is below 1, or `explore` is no probability.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        started = time.perf_counter()
        chance = explore if isinstance(explore, Exploration) else Exploration(explore)
        crowd = self._as_of(at)
        asked = self._asked(crowd, user, exclude, at, playing)
        evidence = self._evidence(crowd, asked, k)
        places = make_page(self._candidates(crowd, evidence), self.videos, k, exploration=chance)
        items = [self._item(n, place, evidence, crowd) for n, place in enumerate(places, 1)]
        took_ms = (time.perf_counter() - started) * 1000.0
        return Recommendations(user, items, took_ms, chance.share)

    def evidence(
        self,
        user: str,
        *,
        exclude: Collection[int] = (),
        at: datetime | None = None,
        playing: int | None = None,
    ) -> Evidence:
        """What each source says of all videos for a person, for evaluation and `--explain`."""
        crowd = self._as_of(at)
        return self._evidence(crowd, self._asked(crowd, user, exclude, at, playing))

    def _as_of(self, at: datetime | None) -> Crowd:
        crowd = self._crowd
        if at is None or at.timestamp() >= crowd.log.latest_s:
            return crowd
        return crowd.of(crowd.log.until(at.timestamp()))

    def _asked(
        self,
        crowd: Crowd,
        user: str,
        exclude: Collection[int],
        at: datetime | None,
        playing: int | None,
    ) -> Asked:
        person = crowd.log.users.get(user, -1)
        taste = read_taste(crowd.log.pairs_of(person), len(self.videos))
        allowed = np.ones(len(self.videos), bool)
        allowed[taste.met] = False
        allowed[[self.videos.row_of[one] for one in exclude if one in self.videos.row_of]] = False
        if at is not None:
            allowed &= self.videos.added_at_s <= at.timestamp()
        now = -1 if playing is None else self.videos.row_of.get(playing, -1)
        if now >= 0:
            allowed[now] = False
            taste = replace(taste, history=as_watched_last(taste.history, now))
        return Asked(taste, allowed, now)

    def _evidence(self, crowd: Crowd, asked: Asked, k: int | None = None) -> Evidence:
        """Of all videos, or of those that can reach a page of k."""
        trust = crowd.trust(asked.taste)
        blender = crowd.blender(trust)
        rows: Rows = None
        if self._shortlist is not None and k is not None:
            rows = self._shortlist.rows(asked, blender.used, crowd.standings, k)
        allowed = asked.allowed if rows is None else asked.allowed[rows]
        blend = blender.blend(asked.taste.history, allowed[None], rows)
        if asked.playing >= 0:
            near = PlayingNow(self.videos, crowd.model.sources, trust)
            blend = with_playing(blend, near.scores(asked.playing, allowed[None], rows))
        likeness = Content(self.videos.centred).scores(asked.taste.history, rows)[0]
        scored = np.arange(len(self.videos)) if rows is None else rows
        return Evidence(asked.taste, scored, allowed, blend, asked.playing, likeness)

    def _newness(self, crowd: Crowd, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m,) above 0 for videos that nobody has watched, higher for those added later."""
        added_s = self.videos.added_at_s
        since_first_s = added_s[rows] - added_s.min(initial=0.0 if not len(added_s) else np.inf)
        return np.where(crowd.unwatched[rows], 1.0 + since_first_s, 0.0)

    def _candidates(self, crowd: Crowd, evidence: Evidence) -> Candidates:
        there = np.flatnonzero(evidence.allowed)
        rows, likeness = evidence.rows[there], evidence.likeness[there]
        total = evidence.blend.total[0, there].astype(np.float64)
        # What no source speaks for is still put in order of likeness, below everything else.
        total = np.minimum(total + 1e-6 * np.clip(1.0 + likeness, 0.0, 2.0) / 2.0, 1.0)
        total = total * pushed_down(evidence.taste, self.videos, rows)
        fresh = np.flatnonzero(crowd.unwatched[rows])
        # Among the new ones what the person likes comes first; what is like nothing known, by date.
        keys = (-self._newness(crowd, rows[fresh]), -likeness[fresh])
        return Candidates(rows, total, fresh[np.lexsort(keys)])

    def _item(self, rank: int, place: Place, evidence: Evidence, crowd: Crowd) -> Item:
        row = place.row
        at = int(np.searchsorted(evidence.rows, row))
        source = NEW if place.reserved else evidence.blend.source(0, at)
        if source is None:
            source = NEW if crowd.unwatched[row] else REST
        cause: int | None = None
        history = evidence.taste.history
        if source == PLAYING:
            cause = evidence.playing
        elif source != REST and BY_NAME[source].personal:
            links = crowd.model.sources[source].links(history, row)
            cause = int(history.item[np.argmax(links)])
            source = PLAYING if cause == evidence.playing else source
        return Item(
            rank,
            int(self.videos.ids[row]),
            self.videos.path(row),
            self.videos.title(row),
            place.score,
            source,
            None if cause is None else self._because(cause),
            place.propensity,
        )

    def _because(self, row: int) -> Because:
        return Because(int(self.videos.ids[row]), self.videos.title(row))
