"""Fit times and accuracy beside plain numpy and the package `implicit`."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.recommending.many_people import World
from recommender.events.histories import Histories
from recommender.sources.base import LinkSource
from recommender.sources.ease import RIDGE, fit_ease
from recommender.sources.ials import FACTORS, fit_ials
from recommender.sources.item_links import SparseLinks
from recommender.sources.sparse_links import BEST_COSINES, shrunk_cosine

ASKED = 2_000
"""Maximum number of people whose last video is predicted."""
UNSEEN = 0.01
"""Setting of our iALS here; chosen, as `ALPHA`, on a world of another seed."""
ALPHA = 10.0
"""Weight of liked items in the iALS of `implicit`, where the others weigh 1."""
_SEED = 0

Scores = Callable[[Histories], NDArray[np.float32]]
"""Histories of b people to (b, videos)."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One way of fitting."""

    name: str
    """Prefix of the keys of its figures."""
    fit: Callable[[sparse.csr_array], Scores]
    """(people, videos) confidence to a function that scores histories."""


def contestants() -> list[Contestant]:
    """Ours, plain numpy, and those of `implicit` where it is installed."""
    ours = [
        Contestant("ease", lambda x: LinkSource(fit_ease(x, dense_limit=x.shape[1])).scores),
        Contestant("numpy_ease", _numpy_ease),
        Contestant("item_cosine", lambda x: LinkSource(SparseLinks(shrunk_cosine(x))).scores),
        Contestant("ials", lambda x: fit_ials(x, unseen=UNSEEN).scores),
    ]
    if not has_implicit():
        return ours
    return [
        *ours,
        Contestant("implicit_als", lambda x: _implicit_als(x, 15)),
        Contestant("implicit_als_8_sweeps", lambda x: _implicit_als(x, 8)),
        Contestant("implicit_item_cosine", _implicit_cosine),
    ]


def has_implicit() -> bool:
    """Whether the package is installed."""
    return find_spec("implicit") is not None


def race(world: World, rounds: int) -> dict[str, float]:
    """Fit all in turns on one thread; seconds are medians over the rounds.

    Returns:
        `NAME_fit_s` and `NAME_ndcg_at_10` for each.
    """
    liked = world.log.liked
    seconds: dict[str, list[float]] = {}
    quality: dict[str, float] = {}
    with threadpool_limits(1):
        for number in range(rounds):
            for one in contestants():
                started = time.perf_counter()
                scores = one.fit(liked)
                seconds.setdefault(one.name, []).append(time.perf_counter() - started)
                if number == 0:
                    quality[one.name] = last_video_ndcg(world, scores)
    return {
        **{f"{name}_fit_s": float(np.median(took)) for name, took in seconds.items()},
        **{f"{name}_ndcg_at_10": value for name, value in quality.items()},
    }


def ratios(figures: Mapping[str, float]) -> dict[str, float]:
    """Fit time of the others divided by ours; above 1 ours is faster."""
    pairs = {
        "ratio_to_numpy_ease_fit": ("numpy_ease", "ease"),
        "ratio_to_implicit_als_fit": ("implicit_als", "ials"),
        "ratio_to_implicit_als_8_sweeps_fit": ("implicit_als_8_sweeps", "ials"),
        "ratio_to_implicit_item_cosine_fit": ("implicit_item_cosine", "item_cosine"),
    }
    return {
        key: figures[f"{theirs}_fit_s"] / figures[f"{ours}_fit_s"]
        for key, (theirs, ours) in pairs.items()
        if f"{theirs}_fit_s" in figures
    }


def last_video_ndcg(world: World, scores: Scores) -> float:
    """NDCG@10 of each person's last video among all that the person had not seen."""
    asked = np.flatnonzero(world.last >= 0)
    if len(asked) > ASKED:
        asked = np.sort(np.random.default_rng(_SEED).choice(asked, ASKED, replace=False))
    found = scores(world.log.histories.of(asked)).copy()
    pairs = world.log.pairs
    shape = (len(world.log.users), world.log.n_items)
    met = sparse.csr_array((np.ones(len(pairs), bool), (pairs.user, pairs.item)), shape=shape)
    found[met[asked].toarray()] = -np.inf
    wanted = found[np.arange(len(asked)), world.last[asked]]
    above = (found > wanted[:, None]).sum(axis=1)
    tied = (found == wanted[:, None]).sum(axis=1) - 1
    place = above + tied / 2.0
    return float(np.where(place < 10, 1.0 / np.log2(place + 2.0), 0.0).mean())


def _numpy_ease(liked: sparse.csr_array) -> Scores:
    gram = (liked.T @ liked).toarray()
    gram[np.diag_indices_from(gram)] += RIDGE
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices_from(weights)] = 0.0
    return lambda histories: np.asarray(histories.matrix() @ weights, dtype=np.float32)


def _implicit_als(liked: sparse.csr_array, sweeps: int) -> Scores:
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        FACTORS, alpha=ALPHA, iterations=sweeps, num_threads=1, random_state=_SEED
    )
    model.fit(sparse.csr_matrix(liked, dtype=np.float32), show_progress=False)

    def scores(histories: Histories) -> NDArray[np.float32]:
        asked = sparse.csr_matrix(histories.matrix())
        people = model.recalculate_user(np.arange(len(histories)), asked)
        return np.asarray(people @ model.item_factors.T)

    return scores


def _implicit_cosine(liked: sparse.csr_array) -> Scores:
    from implicit.nearest_neighbours import CosineRecommender

    model: Any = CosineRecommender(K=BEST_COSINES, num_threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a conversion within itself
        model.fit(sparse.csr_matrix(liked), show_progress=False)
    return lambda histories: np.asarray((histories.matrix() @ model.similarity).toarray())
