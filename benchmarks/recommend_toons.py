"""Toon people: does the blend beat each of its sources, and do new videos find their people?

Vectors are made from what the toons show (kinds, colours, motions, places, noise, and a direction
that all share, as CLIP vectors have), so no video is drawn and no encoder is needed. Everything
before a day is known, everything after it is to be foretold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import numpy as np
from numpy.typing import NDArray

from data.event_rows import Kind
from data.history import Event
from data.toon_people import LAST_DAY, make_people
from data.toon_stories import Story, make_story
from recommender.metrics import ndcg_at, recall_at
from recommender.model import INTEREST, LATELY, TREND
from recommender.recommender import Evidence, Recommender
from recommender.videos import VideoTable

SIZES = {"small": (300, 400, 4), "full": (1000, 2000, 2)}
"""Videos, people, and worlds over which people are pooled."""
_SEED = 21  # no world from here on was used to choose weights
_TEST_DAYS = 12.0
_NEW_SHARE = 0.05
_DIM = 128
_STRENGTH = {"kind": 1.0, "colour": 0.6, "motion": 0.6, "place": 0.5}
_NOISE, _COMMON = 0.4, 1.4

_SOURCES = ("interest", "co_watch", "popularity")
Ranker = Callable[[str, Evidence], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class ToonCase:
    """What is known, and what is to be foretold."""

    videos: VideoTable
    """The library."""
    known: list[Event]
    """Events up to the cut."""
    wanted: Mapping[str, set[int]]
    """For each person the rows of videos, new to them, that they finished or liked after it."""
    new: set[int]
    """Rows of videos that appear at the cut: nobody has watched them."""
    cut: datetime
    """The cut."""


def make_case(n_videos: int, n_people: int, *, seed: int) -> ToonCase:
    """Simulate a library and its people, and cut their time in two."""
    rng = np.random.default_rng(seed)
    stories = [make_story(seed * 100_003 + i) for i in range(n_videos)]
    names = {f"toon-{i + 1:04d}.mp4": i for i in range(n_videos)}
    happened = make_people(list(zip(names, stories, strict=True)), n_people, seed)
    cut = LAST_DAY - timedelta(days=_TEST_DAYS)
    new = {int(i) for i in rng.choice(n_videos, max(1, int(_NEW_SHARE * n_videos)), replace=False)}
    known: list[Event] = []
    wanted: dict[str, set[int]] = {}
    for one in happened:
        row, kind = names[one.video], cast(Kind, one.kind)
        if one.at <= cut and row not in new:
            known.append(
                Event(one.user, row + 1, one.video, one.at, one.watched_s, one.duration_s, kind)
            )
        elif one.at > cut and (one.kind == "like" or (one.watched_s or 0) >= 0.8 * one.duration_s):
            wanted.setdefault(one.user, set()).add(row)
    met = {(event.user, event.video_id) for event in known}
    wanted = {u: {r for r in rows if (u, r + 1) not in met} for u, rows in wanted.items()}
    born = [cut if i in new else cut - timedelta(days=60) for i in range(n_videos)]
    videos = VideoTable(
        ids=np.arange(1, n_videos + 1),
        matrix=attribute_vectors(stories, rng),
        titles=[story.title for story in stories],
        added_at=born,
        durations_s=[story.duration_s for story in stories],
    )
    return ToonCase(videos, known, {u: rows for u, rows in wanted.items() if rows}, new, cut)


def attribute_vectors(stories: list[Story], rng: np.random.Generator) -> NDArray[np.float32]:
    """(n, 128) float32 unit rows: a random direction for each attribute, summed over all shown."""
    directions: dict[tuple[str, str], NDArray[np.float64]] = {}

    def direction(name: str, value: str) -> NDArray[np.float64]:
        if (name, value) not in directions:
            directions[name, value] = _unit(rng.normal(size=_DIM))
        return directions[name, value]

    common = direction("all", "all")
    rows = []
    for story in stories:
        shown = np.zeros(_DIM)
        for scene in story.scenes:
            for actor in scene.actors:
                shown += _STRENGTH["kind"] * direction("kind", actor.kind)
                shown += _STRENGTH["colour"] * direction("colour", actor.colour)
                shown += _STRENGTH["motion"] * direction("motion", actor.motion)
            shown += _STRENGTH["place"] * direction("place", scene.place)
        rows.append(_COMMON * common + _unit(shown) + _NOISE * _unit(rng.normal(size=_DIM)))
    return np.asarray([_unit(row) for row in rows], dtype=np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _best(scores: NDArray[np.floating], evidence: Evidence) -> NDArray[np.int64]:
    return np.argsort(-np.where(evidence.allowed, scores, -np.inf), kind="stable")[:10]


def _rankers(recommender: Recommender, seed: int) -> dict[str, Ranker]:
    rng = np.random.default_rng(seed)
    n = len(recommender.videos)

    def page(user: str, _: Evidence) -> NDArray[np.int64]:
        items = recommender.recommend(user).items
        return np.asarray([recommender.videos.row_of[item.video_id] for item in items])

    def alone(name: str, evidence: Evidence) -> NDArray[np.float32]:
        return recommender.model.sources[name].scores(evidence.taste.history)[0]

    return {
        "blend": page,
        "blend_by_score": lambda _, e: _best(e.blend.total[0], e),
        "interest": lambda _, e: _best(alone(INTEREST, e), e),
        "co_watch": lambda _, e: _best(alone(LATELY, e), e),
        "popularity": lambda _, e: _best(alone(TREND, e), e),
        "random": lambda _, e: _best(rng.random(n), e),
    }


def run(size: str) -> dict[str, object]:
    """Measure; `small` ends within seconds, `full` within a minute."""
    n_videos, n_people, n_worlds = SIZES[size]
    found: dict[str, list[float]] = {}
    fit_s, took_ms = [], []
    for seed in range(_SEED, _SEED + n_worlds):
        case = make_case(n_videos, n_people, seed=seed)
        started = time.perf_counter()
        recommender = Recommender(case.videos, case.known)
        recommender.warm_up()
        fit_s.append(time.perf_counter() - started)
        for name, values in measure(recommender, case).items():
            found.setdefault(name, []).extend(values)
        took_ms += [recommender.recommend(user).took_ms for user in list(case.wanted)[:200]]
    figures = {name: float(np.mean(values)) for name, values in found.items()}
    best = max(_SOURCES, key=lambda name: figures[f"{name}_ndcg_at_10"])
    gain = np.subtract(found["blend_ndcg_at_10"], found[f"{best}_ndcg_at_10"])
    return {
        "videos": n_videos,
        "people": n_people,
        "worlds": n_worlds,
        "n": len(gain),
        **figures,
        "best_source": best,
        "best_source_ndcg_at_10": figures[f"{best}_ndcg_at_10"],
        "blend_gain": float(gain.mean()),
        "blend_gain_plus_minus": float(1.96 * gain.std() / np.sqrt(len(gain))),
        "fit_s": float(np.mean(fit_s)),
        "p50_ms": float(np.median(took_ms)),
        "p95_ms": float(np.percentile(took_ms, 95)),
    }


def measure(recommender: Recommender, case: ToonCase) -> dict[str, list[float]]:
    """NDCG@10 and recall@10 of every ranker for each person, and recall@10 of new videos alone."""
    found: dict[str, list[float]] = {}
    for name, ranker in _rankers(recommender, _SEED).items():
        for user, wanted in case.wanted.items():
            ranked = [int(row) for row in ranker(user, recommender.evidence(user))]
            found.setdefault(f"{name}_ndcg_at_10", []).append(ndcg_at(ranked, wanted, 10))
            found.setdefault(f"{name}_recall_at_10", []).append(recall_at(ranked, wanted, 10))
            if wanted & case.new:
                key = f"{name}_new_recall_at_10"
                found.setdefault(key, []).append(recall_at(ranked, wanted & case.new, 10))
    return found
