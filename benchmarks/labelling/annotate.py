"""What to label next, and which labels are wrong, beside random order and random suspects.

Cartoons of six motions as uneven as in a real library (two of five scenes go left, one of 25
bounces), three scenes a film, mostly of one motion. Proposals are those of `reelwise annotate`, ten
at once; each seed has another four fifths of the films. F1, mean over motions, is that of its quick
head on scenes of other films, all motions as often. `labels_for_random_N` is after how many
labels proposals do as well as random order does with N. For errors one label of ten is made wrong;
random suspects are as many as are doubted. The same for numbers is `annotated_numbers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.labelling.annotated_numbers import numbers
from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, laboratory
from data.annotations.annotations import Annotations, Said
from data.arrays import Ids
from embeddings.opening.choice import load_encoder
from indexer.annotation.annotator import Annotator
from indexer.annotation.learning import QuickHead
from indexer.annotation.pool import Pool, open_pool
from indexer.heads.inputs.examples import Examples

MOTIONS = ("left", "right", "rise", "fall", "grow", "bounce")
SHARES = (0.40, 0.25, 0.15, 0.10, 0.06, 0.04)
SAME = 0.7
"""Share of the scenes of a film that have its usual motion."""
SCENES = 3
AT_ONCE = 10
WRONG = 0.1
KEPT = 0.8
"""Share of the films of a seed."""


@dataclass(frozen=True)
class Size:
    """How much is made and labelled."""

    films: int
    """Films that may be labelled."""
    tested: int
    """Films that judge."""
    labels: int
    """Labels that are given."""
    seeds: int
    """Runs."""


SIZES = {"small": Size(80, 40, 100, 5), "full": Size(240, 60, 200, 20)}


@dataclass(frozen=True)
class World:
    """Clips with the motion that they show."""

    lab: Lab
    """The indexed films."""
    pool: Pool
    """Clips that may be labelled."""
    motions: list[str]
    """(n,) what each shows."""
    tested: Examples
    """Clips that judge."""
    right: list[str]
    """What each of these shows."""

    def some(self, seed: int) -> tuple[Pool, list[str]]:
        """The clips of some of the films, and their motions."""
        rng = np.random.default_rng(seed)
        videos = np.unique(self.pool.video_ids)
        kept = rng.permutation(videos)[: round(KEPT * len(videos))]
        places = np.flatnonzero(np.isin(self.pool.video_ids, kept))
        return _part(self.pool, places), [self.motions[at] for at in places.tolist()]

    def f1(self, head: QuickHead | None) -> float:
        """How well a head tells the motions of other films."""
        if head is None:
            return 0.0
        said = [head.classes[at] for at in head.chances(self.tested).argmax(axis=1).tolist()]
        return float(f1_score(self.right, said, average="macro", zero_division=0.0))


def run(size: str) -> dict[str, Any]:
    """Proposals against random order, errors found, and the cost of learning anew."""
    wanted, encoder = SIZES[size], load_encoder("toon")
    uneven = _films("train", wanted.films, 71, SHARES)
    even = _films("test", wanted.tested, 72, [1 / len(MOTIONS)] * len(MOTIONS))
    with laboratory([*uneven, *even], encoder) as lab:
        world = _world(lab, [*uneven, *even])
        ways: dict[str, Callable[[World, int, Size], dict[int, float]]] = {
            "proposed": _proposed,
            "random": _random,
        }
        curves = {
            name: _mean([way(world, seed, wanted) for seed in range(wanted.seeds)])
            for name, way in ways.items()
        }
        errors = [_errors(world, seed) for seed in range(wanted.seeds)]
        of_numbers = numbers(world, labels=wanted.labels, seeds=wanted.seeds)
        refit_s = _refit_s(world)
    return {
        "clips": len(world.motions),
        "test_clips": len(world.right),
        "seeds": wanted.seeds,
        **{f"f1_{way}_{n}": round(f1, 3) for way in curves for n, f1 in curves[way].items()},
        **{f"labels_for_random_{n}": m for n, m in _matched(curves).items()},
        **{name: round(float(np.mean([e[name] for e in errors])), 3) for name in errors[0]},
        **of_numbers,
        **refit_s,
    }


def _matched(curves: dict[str, dict[int, float]]) -> dict[int, int | None]:
    """By labels in random order, after how many proposals F1 is as high; None where it never is."""
    ours = curves["proposed"]
    return {
        n: min((m for m, value in ours.items() if value >= f1), default=None)
        for n, f1 in curves["random"].items()
    }


def _films(name: str, n: int, seed: int, shares: Sequence[float]) -> list[Film]:
    rng = np.random.default_rng(seed)
    made = []
    for at in range(n):
        usual = str(rng.choice(MOTIONS, p=shares))
        motions = [
            usual if rng.random() < SAME else str(rng.choice(MOTIONS, p=shares))
            for _ in range(SCENES)
        ]
        scenes = tuple(one_actor(rng, draw_facts(rng, motion=each)) for each in motions)
        made.append(Film(f"{name}-{at:04d}.mp4", scenes))
    return made


def _world(lab: Lab, films: Sequence[Film]) -> World:
    pool, by_name = open_pool(lab.catalogue), {film.name: film for film in films}
    names = {video.id: video.path.name for video in lab.catalogue.videos()}
    motions = [
        _motion(by_name[names[video]], (start_s + end_s) / 2)
        for video, (start_s, end_s) in zip(
            pool.video_ids.tolist(), pool.spans_s.tolist(), strict=True
        )
    ]
    is_test = np.array([names[video].startswith("test") for video in pool.video_ids.tolist()])
    teaching, tested = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    return World(
        lab,
        _part(pool, teaching),
        [motions[at] for at in teaching.tolist()],
        pool.examples.some(tested),
        [motions[at] for at in tested.tolist()],
    )


def _motion(film: Film, time_s: float) -> str:
    at = [n for n, (start_s, end_s) in enumerate(film.spans_s) if start_s <= time_s < end_s]
    return film.scenes[at[0] if at else -1].actors[0].motion


def _part(pool: Pool, places: Ids) -> Pool:
    return Pool(
        pool.encoder_id,
        pool.video_ids[places],
        pool.clip_ids[places],
        pool.spans_s[places],
        pool.examples.some(places),
        len(places),
    )


def _begun(world: World, pool: Pool, name: str) -> tuple[Annotations, Annotator]:
    made = Annotations(world.lab.catalogue)
    made.make(name)
    return made, Annotator(world.lab.catalogue, name, pool)


def _label(
    made: Annotations, name: str, pool: Pool, places: Sequence[int], said: list[str]
) -> None:
    rows = [Said(*pool.stretch(at), (label,)) for at, label in zip(places, said, strict=True)]
    made.say_all(name, rows, by="benchmark", source="api")


def _proposed(world: World, seed: int, wanted: Size) -> dict[int, float]:
    pool, motions = world.some(seed)
    name = f"proposed-{seed}"
    made, annotator = _begun(world, pool, name)
    place = {pool.stretch(at): at for at in range(len(pool))}
    curve = {}
    for n in range(AT_ONCE, wanted.labels + 1, AT_ONCE):
        found = annotator.propose(AT_ONCE).items
        places = [place[each.video_id, each.start_s, each.end_s] for each in found]
        _label(made, name, pool, places, [motions[at] for at in places])
        if n % (2 * AT_ONCE) == 0:
            curve[n] = world.f1(annotator.head())
    return curve


def _random(world: World, seed: int, wanted: Size) -> dict[int, float]:
    pool, motions = world.some(seed)
    name, order = f"random-{seed}", np.random.default_rng(seed).permutation(len(pool)).tolist()
    made, annotator = _begun(world, pool, name)
    curve = {}
    for n in range(2 * AT_ONCE, wanted.labels + 1, 2 * AT_ONCE):
        places = order[n - 2 * AT_ONCE : n]
        _label(made, name, pool, places, [motions[at] for at in places])
        curve[n] = world.f1(annotator.head())
    return curve


def _mean(curves: Sequence[dict[int, float]]) -> dict[int, float]:
    return {n: float(np.mean([curve[n] for curve in curves])) for n in curves[0]}


def _errors(world: World, seed: int) -> dict[str, float]:
    """Precision and recall of what is doubted, all clips labelled and some of them wrongly."""
    rng = np.random.default_rng(seed)
    pool, motions = world.some(seed)
    wrong: NDArray[np.bool_] = np.zeros(len(pool), np.bool_)
    wrong[rng.permutation(len(pool))[: round(WRONG * len(pool))]] = True
    said = [
        str(rng.choice([each for each in MOTIONS if each != motion])) if is_wrong else motion
        for motion, is_wrong in zip(motions, wrong.tolist(), strict=True)
    ]
    name = f"wrong-{seed}"
    made, annotator = _begun(world, pool, name)
    _label(made, name, pool, range(len(pool)), said)
    place = {pool.stretch(at): at for at in range(len(pool))}
    doubted = [place[each.annotation.stretch] for each in annotator.doubts()]
    right = int(wrong[doubted].sum())
    return {
        "labels_checked": len(pool),
        "doubted": len(doubted),
        "errors_precision": right / max(len(doubted), 1),
        "errors_recall": right / int(wrong.sum()),
        "errors_precision_random": float(wrong.mean()),
        "errors_recall_random": len(doubted) / len(pool),
        "errors_first_ten": float(wrong[doubted[:10]].mean()),
    }


def _refit_s(world: World) -> dict[str, Any]:
    """Processor time of learning anew, and of a curve, with some 200 labels."""
    n = min(200, len(world.pool))
    made, annotator = _begun(world, world.pool, "refit")
    _label(made, "refit", world.pool, range(n - 1), world.motions[: n - 1])
    annotator.head()  # libraries are loaded, vectors looked up
    _label(made, "refit", world.pool, [n - 1], [world.motions[n - 1]])
    began_s = time.process_time()
    annotator.head()
    refit_s = time.process_time() - began_s
    began_s = time.process_time()
    annotator.curve()
    curve_s = time.process_time() - began_s
    return {"refit_labels": n, "refit_cpu_s": round(refit_s, 2), "curve_cpu_s": round(curve_s, 2)}
