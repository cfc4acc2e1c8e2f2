"""Re-rank scored videos into a page: diverse, of several folders, with places for new videos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.answer.exploration import Exploration
from recommender.events.videos import VideoTable

_POOL = 100  # candidates that are re-ranked, at least


@dataclass(frozen=True)
class PageRules:
    """How candidates are re-ranked."""

    diversity: float = 0.3
    """Part of its score that a video loses if an identical vector is on the page already."""
    folder_share: float = 1 / 3
    """Maximum part of the page for one folder; 1 is no limit."""
    folder_whole: float = 0.5
    """A folder with more than this part of all videos has no limit: most libraries are flat."""
    folder_least: int = 2
    """A folder may always fill this many places."""
    beyond_share: float = 0.5
    """Part of its score that a video keeps once its folder has filled its share."""


RULES = PageRules()
"""The default rules."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The videos that a page is made of."""

    rows: NDArray[np.int64]
    """(n,) rows of the table of videos."""
    scores: NDArray[np.float64]
    """(n,) from 0 to 1."""
    unwatched: NDArray[np.int64]
    """Positions of the videos that no user has watched, best first."""

    def within(self, allowed: NDArray[np.bool_]) -> Candidates:
        """Those whose row is allowed; `allowed` (rows of the table,)."""
        kept = allowed[self.rows]
        position = np.cumsum(kept) - 1
        unwatched = self.unwatched[kept[self.unwatched]]
        return Candidates(self.rows[kept], self.scores[kept], position[unwatched])


@dataclass(frozen=True)
class Place:
    """One place of a page."""

    row: int
    """The video."""
    score: float
    """Its re-ranked score when it was chosen, 0 to 1."""
    reserved: bool
    """The place was reserved for a video that no user has watched."""
    propensity: float
    """Probability that this video got this place, given the places above."""


def places_for_new(k: int) -> int:
    """Number of k places reserved for unwatched videos: a tenth, none of fewer than 5."""
    return (k + 5) // 10


def make_page(
    candidates: Candidates,
    videos: VideoTable,
    k: int,
    rules: PageRules = RULES,
    exploration: Exploration | None = None,
) -> list[Place]:
    """Fill k places one by one, or as many as there are candidates.

    Each place goes to the best re-ranked score: lower if a similar video is on the page (maximal
    marginal relevance, Carbonell and Goldstein 1998, as a product), or if its folder has filled its
    share. These scores only fall as the page fills, so without exploration they fall along the
    page. The last places are reserved for unwatched videos if too few came by their score. Of
    copies of one video, and of a video and its parts, the page holds one.

    Ties go to the earlier candidate.
    """
    page = _Page(candidates, videos, k, rules)
    if exploration is not None and exploration.share == 0:
        exploration = None
    places: list[Place] = []
    while len(places) < k and page.left.any():
        fixed, reserved = page.choice(k - len(places))
        chosen, propensity = fixed, 1.0
        if exploration is not None:
            left = np.flatnonzero(page.left)
            at = int(np.searchsorted(left, fixed))
            drawn, propensity = exploration.choose(page.scores[left], at)
            chosen = int(left[drawn])
        score = float(page.reranked()[chosen])
        if exploration is None and places:
            # A reserved place may have a lower score than the next one.
            score = min(score, places[-1].score)
        row = int(page.rows[chosen])
        places.append(Place(row, score, reserved and chosen == fixed, propensity))
        page.take(chosen)
    return places


class _Page:
    """A pool of the best candidates, and how the places filled so far change their scores."""

    def __init__(
        self, candidates: Candidates, videos: VideoTable, k: int, rules: PageRules
    ) -> None:
        new = candidates.unwatched[:k]
        pool = _best(candidates.scores, max(_POOL, 5 * k))
        pool = np.union1d(pool, new)
        pool = pool[np.argsort(-candidates.scores[pool], kind="stable")]
        self.rows = candidates.rows[pool]
        self.scores = candidates.scores[pool]
        self.left = np.ones(len(pool), bool)
        self._rules = rules
        self._vectors = videos.centred[self.rows]
        self._covering = videos.covering
        self._similarity = np.zeros(len(pool))
        self._unwatched = [int(at) for at in _positions(new, pool)]
        self._is_unwatched = np.isin(pool, candidates.unwatched)
        self._reserved = places_for_new(k)
        self._folder = videos.folders[self.rows]
        self._room = _rooms(self._folder, videos, k, rules)

    @property
    def _full(self) -> NDArray[np.bool_]:
        """(m,) its folder has filled its share; False if the folder is unknown."""
        return np.asarray((self._folder >= 0) & (self._room[self._folder] <= 0))

    def reranked(self) -> NDArray[np.float64]:
        """(m,) the scores, given what is on the page."""
        beyond = np.where(self._full, self._rules.beyond_share, 1.0)
        return np.asarray(self.scores * (1.0 - self._rules.diversity * self._similarity) * beyond)

    def choice(self, places_left: int) -> tuple[int, bool]:
        """The candidate that comes next without exploration, and whether its place is reserved."""
        best = int(np.argmax(np.where(self.left, self.reranked(), -1.0)))
        waiting = [at for at in self._unwatched if self.left[at]]
        missing = min(self._reserved, len(waiting))
        if places_left > missing or missing <= 0 or self._is_unwatched[best]:
            return best, False
        full = self._full
        return next((at for at in waiting if not full[at]), waiting[0]), True

    def take(self, chosen: int) -> None:
        """Put a candidate on the page."""
        self.left[chosen] = False
        self._reserved -= int(self._is_unwatched[chosen])
        if self._folder[chosen] >= 0:
            self._room[self._folder[chosen]] -= 1
        linked = self._covering.get(int(self.rows[chosen]))
        if linked is not None:
            self.left &= ~np.isin(self.rows, linked)
        similarity = np.clip(self._vectors @ self._vectors[chosen], 0.0, 1.0)
        self._similarity = np.maximum(self._similarity, similarity)


def _best(scores: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Positions of the n highest, the highest first; ties go to the earlier ones."""
    if n >= len(scores):
        return np.argsort(-scores, kind="stable")
    least = np.partition(scores, -n)[-n]
    best = np.flatnonzero(scores >= least)
    return best[np.argsort(-scores[best], kind="stable")[:n]]


def _positions(wanted: NDArray[np.int64], pool: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position in the pool of each wanted one; all of them are in it."""
    order = np.argsort(pool)
    return np.asarray(order[np.searchsorted(pool, wanted, sorter=order)])


def _rooms(
    folder: NDArray[np.int64], videos: VideoTable, k: int, rules: PageRules
) -> NDArray[np.int64]:
    """Places that each folder may fill, by its number; the last entry is for unknown folders.

    A folder may fill more than its share if the others have too few candidates.
    """
    sizes = videos.folder_sizes
    here = np.bincount(folder[folder >= 0], minlength=len(sizes))
    share = max(rules.folder_least, int(rules.folder_share * k + 1e-9))
    room = np.maximum(share, k - (len(folder) - here))
    room[sizes > rules.folder_whole * len(videos)] = k
    return np.append(room, k)
