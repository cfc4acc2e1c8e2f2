"""From scored videos to a page: not ten times the same, not all of one folder, room for the new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.answer.exploration import Exploration
from recommender.events.videos import VideoTable

_POOL = 100


@dataclass(frozen=True)
class PageRules:
    """What a page is made by."""

    diversity: float = 0.3
    """Part of its score that a video loses when its twin is on the page already."""
    folder_share: float = 1 / 3
    """Part of the page that one folder may fill; 1 is no limit."""
    folder_whole: float = 0.5
    """A folder with more than this part of all videos is the library itself: it has no limit."""
    folder_least: int = 2
    """So many of one folder in any case."""
    beyond_share: float = 0.5
    """Part of its score that a video keeps beyond its folder's share, while there are others."""


RULES = PageRules()
"""The shipped rules.

What the limit costs 840 toon people, NDCG@10, 2026-11-21: nine folders by theme -.0037 (+-.0029) at
.5 and at 0, -.0022 (.0025) at .8; twenty folders by chance -.0001 (.0002). Were a folder with 70 %
of the library limited too: -.0146 (.0061).
"""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may stand on a page."""

    rows: NDArray[np.int64]
    """(n,) rows of the table of videos."""
    scores: NDArray[np.float64]
    """(n,) from 0 to 1."""
    fresh: NDArray[np.int64]
    """Positions of videos that nobody has watched, the best first."""


@dataclass(frozen=True)
class Place:
    """One place of a page."""

    row: int
    """The video."""
    score: float
    """What it was worth when it was chosen, 0 to 1."""
    kept: bool
    """It stands here only because places are kept for what nobody has watched."""
    propensity: float
    """Probability that this video stood here, given the places above."""


def places_for_new(k: int) -> int:
    """How many of k places are kept for videos that nobody has watched: a tenth, none below 5."""
    return (k + 5) // 10


def make_page(
    candidates: Candidates,
    videos: VideoTable,
    k: int,
    rules: PageRules = RULES,
    exploration: Exploration | None = None,
) -> list[Place]:
    """Fill k places one by one, or as many as there are candidates.

    Each place goes to what is worth most then: its score, less where its like is on the page
    (maximal marginal relevance, Carbonell and Goldstein 1998, as a product), less beyond its
    folder's share. A video can only lose as the page fills, so without exploration the scores
    never rise. The last places are for new videos where too few came by themselves.

    Ties go to the earlier candidate.
    """
    page = _Page(candidates, videos, k, rules)
    chance = exploration if exploration is not None and exploration.share > 0 else None
    places: list[Place] = []
    while len(places) < k and page.left.any():
        fixed, kept = page.choice(k - len(places))
        chosen, propensity = fixed, 1.0
        if chance is not None:
            left = np.flatnonzero(page.left)
            at = int(np.searchsorted(left, fixed))
            drawn, propensity = chance.choose(page.scores[left], at)
            chosen = int(left[drawn])
        score = float(page.worth()[chosen])
        if chance is None and places:
            # A kept place may be worth less than what comes after it.
            score = min(score, places[-1].score)
        row = int(page.rows[chosen])
        places.append(Place(row, score, kept and chosen == fixed, propensity))
        page.take(chosen)
    return places


class _Page:
    """A pool of the best candidates and what the places filled so far leave of them."""

    def __init__(
        self, candidates: Candidates, videos: VideoTable, k: int, rules: PageRules
    ) -> None:
        new = candidates.fresh[:k]
        pool = _best(candidates.scores, max(_POOL, 5 * k))
        pool = np.union1d(pool, new)
        pool = pool[np.argsort(-candidates.scores[pool], kind="stable")]
        self.rows = candidates.rows[pool]
        self.scores = candidates.scores[pool]
        self.left = np.ones(len(pool), bool)
        self._rules = rules
        self._vectors = videos.centred[self.rows]
        self._alike = np.zeros(len(pool))
        self._fresh = [int(at) for at in _positions(new, pool)]
        self._is_fresh = np.isin(pool, candidates.fresh)
        self._for_new = places_for_new(k)
        self._folder = videos.folders[self.rows]
        self._room = _rooms(self._folder, videos, k, rules)

    @property
    def _full(self) -> NDArray[np.bool_]:
        """(m,) its folder has had its share; never where the folder is unknown."""
        return np.asarray((self._folder >= 0) & (self._room[self._folder] <= 0))

    def worth(self) -> NDArray[np.float64]:
        """(m,) what each is worth on the page as it is."""
        beyond = np.where(self._full, self._rules.beyond_share, 1.0)
        return np.asarray(self.scores * (1.0 - self._rules.diversity * self._alike) * beyond)

    def choice(self, places_left: int) -> tuple[int, bool]:
        """What the next place goes to without chance, and whether only as a kept place."""
        best = int(np.argmax(np.where(self.left, self.worth(), -1.0)))
        waiting = [at for at in self._fresh if self.left[at]]
        missing = min(self._for_new, len(waiting))
        if places_left > missing or missing <= 0 or self._is_fresh[best]:
            return best, False
        full = self._full
        return next((at for at in waiting if not full[at]), waiting[0]), True

    def take(self, chosen: int) -> None:
        """Put one on the page."""
        self.left[chosen] = False
        self._for_new -= int(self._is_fresh[chosen])
        if self._folder[chosen] >= 0:
            self._room[self._folder[chosen]] -= 1
        like = np.clip(self._vectors @ self._vectors[chosen], 0.0, 1.0)
        self._alike = np.maximum(self._alike, like)


def _best(scores: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Positions of the n highest, the highest first; ties go to the earlier ones."""
    if n >= len(scores):
        return np.argsort(-scores, kind="stable")
    least = np.partition(scores, -n)[-n]
    found = np.flatnonzero(scores >= least)
    return found[np.argsort(-scores[found], kind="stable")[:n]]


def _positions(wanted: NDArray[np.int64], pool: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted one stands in the pool; all of them are in it."""
    order = np.argsort(pool)
    return np.asarray(order[np.searchsorted(pool, wanted, sorter=order)])


def _rooms(
    folder: NDArray[np.int64], videos: VideoTable, k: int, rules: PageRules
) -> NDArray[np.int64]:
    """How many each folder may put on a page, by number; the last stands for unknown folders.

    A folder may fill what the others cannot, and the folder of nearly everything may fill it all:
    most libraries are flat.
    """
    sizes = videos.folder_sizes
    here = np.bincount(folder[folder >= 0], minlength=len(sizes))
    share = max(rules.folder_least, int(rules.folder_share * k + 1e-9))
    room = np.maximum(share, k - (len(folder) - here))
    room[sizes > rules.folder_whole * len(videos)] = k
    return np.append(room, k)
