"""The videos of each kind of shelf, as candidates: what may be said of them is checked here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.answer.items import UserRequest
from recommender.answer.page import Candidates
from recommender.answer.playing import PlayingNow
from recommender.answer.recommender import LiveModel, Recommender
from recommender.answer.scoring import Scored, linking
from recommender.model.taste import PUSH_FROM, pushed_down
from recommender.sources.registry import BY_NAME, CONTENT

NEAR = PUSH_FROM
"""Centred cosine from which two videos count as alike."""
AMONG_BEST = 1.0
"""Calibrated link from which a video counts as watched with another: its best ten average it."""
LATEST = 50
"""Latest videos of a history that "unlike" is measured from."""
UNLIKE_SHARE = 1 / 3
"""Part of the candidates, those least like the history, of which "something else" is made."""
LIKED_BY_OTHERS = 1.0
"""People, by confidence, who liked a favourite."""
WEEK_S = 7 * 86_400.0
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Picks:
    """Candidates for the shelves of one person."""

    recommender: Recommender
    live: LiveModel
    request: UserRequest
    now_s: float
    """Unix seconds."""
    k: int
    """Most videos of all shelves together."""

    def whole(self) -> Scored:
        """Every video that may be shown, scored for this person."""
        return self.recommender.scored(self.live, self.request, self.k)

    def near(self, row: int) -> tuple[Candidates, NDArray[np.bool_]]:
        """Videos alike one video, or watched with it; and which of them are alike.

        In rising order of rows. Others are no reason to name that video.
        """
        videos, allowed = self.recommender.videos, self.request.allowed
        trust = self.live.trust(self.request.taste)
        rows = self._rows_near(row)
        beside = PlayingNow(videos, linking(self.live.sources), trust)
        scores = beside.scores(row, allowed[rows][None], rows)[0]
        linked = beside.linked(row, allowed[rows][None], rows)[0]
        alike = videos.centred[rows] @ videos.centred[row] >= NEAR
        kept = (alike | (linked >= AMONG_BEST)) & allowed[rows]
        rows, scores = rows[kept], scores[kept].astype(np.float64)
        scores = np.clip(scores * pushed_down(self.request.taste, videos, rows), 0.0, 1.0)
        return Candidates(rows, scores, _NONE), alike[kept]

    def _rows_near(self, row: int) -> NDArray[np.int64]:
        rows = None
        if not self.recommender.scores_all:
            rows = self.live.shortlist.rows(replace(self.request, playing=row), self.k)
        return np.arange(len(self.recommender.videos)) if rows is None else rows

    def of_week(self) -> Scored | None:
        """The same for what was watched in the last seven days alone; None for nothing."""
        history = self.request.taste.history
        recent = history.where(history.at_s >= self.now_s - WEEK_S)
        if not len(recent.item):
            return None
        taste = replace(self.request.taste, history=recent)
        return self.recommender.scored(self.live, replace(self.request, taste=taste), self.k)

    def added_in_week(self) -> NDArray[np.bool_]:
        """(n,) what came in the last seven days; nothing where that is most of the library."""
        added = self.recommender.videos.added_at_s >= self.now_s - WEEK_S
        return added if 2 * added.sum() < len(added) else np.zeros(len(added), bool)

    def unlike(self, scored: Scored) -> Candidates:
        """Videos like nothing that the person watched, and like nothing that they turned down."""
        videos, taste = self.recommender.videos, self.request.taste
        found = scored.candidates()
        if not len(taste.history.item) or not len(found.rows):
            return Candidates(_NONE, np.zeros(0), _NONE)
        nearest = _nearest(scored, found.rows)
        is_far = nearest <= min(NEAR, float(np.quantile(nearest, UNLIKE_SHARE)))
        is_welcome = pushed_down(taste, videos, found.rows) >= 1.0
        return _some(found, is_far & is_welcome)

    def favourites(self, scored: Scored) -> Candidates:
        """Videos that other people here liked or watched to the end, the most popular first."""
        found = scored.candidates()
        liked = self.live.log.counts.liked[found.rows]
        most = max(float(liked.max(initial=0.0)), 1e-12)
        popular = Candidates(found.rows, liked / most, _NONE)
        return _some(popular, liked >= LIKED_BY_OTHERS)


def personal(scored: Scored) -> Candidates:
    """Candidates that go with a video of the history: alike, or by what other people did."""
    found = scored.candidates()
    at = np.searchsorted(scored.rows, found.rows)
    parts = scored.blend.parts[:, 0, at]
    best = parts.argmax(axis=0)
    names = scored.blend.names
    is_personal = np.array([BY_NAME[name].personal for name in names], bool)[best]
    by_content = np.array([name == CONTENT for name in names], bool)[best]
    is_near = ~by_content | (_nearest(scored, found.rows) >= NEAR)
    return _some(replace(found, unwatched=_NONE), is_personal & is_near & (parts.max(axis=0) > 0))


def _nearest(scored: Scored, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(m,) centred cosine to the nearest of the latest videos of the history."""
    vectors = scored.videos.centred
    latest = vectors[scored.request.taste.history.item[-LATEST:]]
    return np.asarray((vectors[rows] @ latest.T).max(axis=1))


def _some(found: Candidates, kept: NDArray[np.bool_]) -> Candidates:
    return Candidates(found.rows[kept], found.scores[kept], _NONE)
