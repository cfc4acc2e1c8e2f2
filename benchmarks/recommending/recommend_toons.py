"""Toon people: does the blend beat each of its sources, and are new videos recommended?

Vectors are made from what the toons show (kinds, colours, motions, places, noise, and a direction
that all share, as CLIP vectors have), so no video is drawn and no encoder is needed. Everything
before a day is known, everything after it is to be predicted; settings and weights are chosen on
the last twelve days before that day.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import numpy as np
from numpy.typing import NDArray

from data.history.events import Event
from data.history.rows.event_row import EventKind
from data.toons.people import LAST_DAY, make_people
from data.toons.stories import Story, make_story
from recommender.answer.items import Recommendations
from recommender.answer.recommender import Recommender
from recommender.choosing.ranking import Outcome, Scores, accuracy, ask
from recommender.choosing.splits import Case
from recommender.choosing.tune import ModelFit, SharedSources, tune
from recommender.evaluation.comparison import interval
from recommender.events.log import read_events
from recommender.events.videos import VideoTable
from recommender.model.blend import alone
from recommender.model.model import Settings
from recommender.sources.registry import CONTENT, SASREC, SOURCES

SIZES = {"small": (300, 400, 2), "full": (1000, 2000, 2)}
"""Videos, people, and worlds over which people are pooled."""
_SEED = 21  # no world from here on was used to choose weights
_TEST_DAYS = 12.0
_NEW_SHARE = 0.05
_DIM = 128
NAMES = tuple(kind.name for kind in SOURCES if kind.name != SASREC)
"""Sources that are evaluated alone; there are too few events for SASRec."""
_STRENGTH = {"kind": 1.0, "colour": 0.6, "motion": 0.6, "place": 0.5}
_NOISE, _COMMON = 0.4, 1.4


@dataclass(frozen=True, eq=False)
class ToonCase:
    """What is known, and what is to be predicted."""

    videos: VideoTable
    """The library."""
    known: list[Event]
    """Events up to the cut."""
    wanted: Mapping[str, set[int]]
    """For each person the rows of videos, new to them, that they finished or liked after it."""
    new: set[int]
    """Rows of videos that appear at the cut, without any event."""
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
        row, kind = names[one.video], cast(EventKind, one.kind)
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


def events_of(case: ToonCase) -> Case:
    """The same as arrays: what is known, and a like of everything wanted after the cut."""
    log = read_events(case.known, case.videos)
    people = dict(log.users)
    for user in case.wanted:
        people.setdefault(user, len(people))  # somebody who comes after the cut
    asked = [(people[user], row) for user, rows in case.wanted.items() for row in rows]
    person, item = (np.asarray(column, np.int64) for column in zip(*asked, strict=True))
    n = len(asked)
    known = replace(log, users=people)
    later = replace(
        known,
        user=person,
        item=item,
        at_s=np.full(n, case.cut.timestamp() + 1.0),
        confidence=np.ones(n),
        verdict=np.zeros(n, np.int64),
    )
    return Case(known, later)


def chosen(case: Case, videos: VideoTable) -> Settings:
    """Settings and weights, chosen on the last days of what is known."""
    known = case.train
    cut = float(known.at_s.max()) - _TEST_DAYS * 86_400.0
    held_out = Case(known.where(known.at_s <= cut), known.where(known.at_s > cut))
    return tune([held_out], videos)[0].settings


def run(size: str) -> dict[str, object]:
    """Measure; `small` ends within a minute, `full` within ten."""
    n_videos, n_people, n_worlds = SIZES[size]
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    fit_s, took_ms = [], []
    for seed in range(_SEED, _SEED + n_worlds):
        world = make_case(n_videos, n_people, seed=seed)
        case = events_of(world)
        settings = chosen(case, world.videos)
        started = time.perf_counter()
        recommender = Recommender(world.videos, world.known, settings)
        recommender.warm_up()
        fit_s.append(time.perf_counter() - started)
        pages = {user: recommender.recommend(user) for user in world.wanted}
        took_ms += [page.took_ms for page in pages.values()]
        answers = {"page": _of_pages(recommender, pages, world)}
        for name, scorer in _scorers(settings, case, world.videos).items():
            answers[name] = _answers(ask(scorer, case))
        for name, metrics in answers.items():
            for metric, values in metrics.items():
                found.setdefault(name, {}).setdefault(metric, []).append(values)
    return {
        "videos": n_videos,
        "people": n_people,
        "worlds": n_worlds,
        **_figures(found),
        "fit_s": float(np.mean(fit_s)),
        "p50_ms": float(np.median(took_ms)),
        "p95_ms": float(np.percentile(took_ms, 95)),
    }


def _scorers(settings: Settings, case: Case, videos: VideoTable) -> dict[str, Scores]:
    by_name = {name: replace(settings, weights=alone(name)) for name in NAMES}
    shared = SharedSources()
    scorers: dict[str, Scores] = {
        name: ModelFit(each, shared=shared)(case.train, videos)
        for name, each in {**by_name, "blend": settings}.items()
    }
    return scorers | {
        "default": ModelFit(Settings())(case.train, videos),
        "random": _Random(case.train.n_items).scores,
    }


class _Random:
    def __init__(self, n_videos: int) -> None:
        self._rng = np.random.default_rng(_SEED)
        self._n_videos = n_videos

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._rng.random((len(people), self._n_videos), np.float32)


def _key(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")


def _answers(outcome: Outcome) -> dict[str, NDArray[np.float64]]:
    new = outcome.new["recall_at_10"]
    return {
        "ndcg_at_10": outcome.values["ndcg_at_10"],
        "recall_at_10": outcome.values["recall_at_10"],
        "new_recall_at_10": new[~np.isnan(new)],
    }


def _of_pages(
    recommender: Recommender, pages: dict[str, Recommendations], world: ToonCase
) -> dict[str, NDArray[np.float64]]:
    """The same of pages as served: with diversity, and a place kept for a new video."""
    best = np.full((len(pages), 10), -1)
    wanted = np.zeros((len(pages), len(world.videos)), bool)
    for at, (user, page) in enumerate(pages.items()):
        rows = [recommender.videos.row_of[item.video_id] for item in page.items]
        best[at, : len(rows)] = rows
        wanted[at, list(world.wanted[user])] = True
    values = accuracy(best, wanted)
    wanted[:, [row for row in range(len(world.videos)) if row not in world.new]] = False
    return {
        "ndcg_at_10": values["ndcg_at_10"],
        "recall_at_10": values["recall_at_10"],
        "new_recall_at_10": accuracy(best, wanted)["recall_at_10"][wanted.any(axis=1)],
    }


def _figures(found: dict[str, dict[str, list[NDArray[np.float64]]]]) -> dict[str, object]:
    means = {
        f"{_key(name)}_{metric}": float(np.concatenate(parts).mean())
        for name, metrics in found.items()
        for metric, parts in metrics.items()
    }
    best = max(NAMES, key=lambda name: means[f"{_key(name)}_ndcg_at_10"])
    ours, theirs = (np.concatenate(found[name]["ndcg_at_10"]) for name in ("blend", best))
    low, high = interval(np.arange(len(ours)), ours - theirs)
    content, chance = (means[f"{name}_new_recall_at_10"] for name in (CONTENT, "random"))
    return {
        "n": len(ours),
        **means,
        "best_source": best,
        "best_source_ndcg_at_10": means[f"{_key(best)}_ndcg_at_10"],
        "blend_gain": float((ours - theirs).mean()),
        "blend_gain_low": low,
        "blend_gain_high": high,
        "content_to_chance_on_new": content / max(chance, 1e-9),
    }
