"""A rare danger in long quiet videos: by a head, by oddities, by how much the picture moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, Row, laboratory
from benchmarks.labelling.heads_on_toons.pixels import row_pixels
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from data.toons.scenes import Scene
from data.video.clips.rule import ClipRule
from embeddings.encoder import Encoder
from indexer.oddities.find import Wanted, find_oddities
from indexer.search.view import open_view

STEP_S = 4.0
"""Something happens for this long, or nothing; also the length of a clip."""
USUAL = ("bounce", "swing", "zigzag", "spin")
DANGER = "fall"
EMPTY_SHARE = 0.3
RECALL = 0.9
YES, NO = "danger", "quiet"
CLIPS = ClipRule("windows", STEP_S, 0.5)


@dataclass(frozen=True)
class Size:
    """How much is made."""

    videos: int
    """Cameras' videos, the first half of which teaches."""
    minutes: int
    """Length of each."""
    danger_share: float
    """Steps in which something falls."""


SIZES = {"small": Size(6, 4, 0.06), "full": Size(12, 6, 0.04)}


def make_films(size: Size, seed: int) -> list[Film]:
    """Long films of one place each, in which one or another animal comes and goes."""
    rng = np.random.default_rng(seed)
    films = []
    for at in range(size.videos):
        *_, place = draw_facts(rng)
        backdrop = int(rng.integers(1 << 31))
        n = round(size.minutes * 60 / STEP_S)
        dangers = set(rng.choice(n, max(1, round(size.danger_share * n)), replace=False).tolist())
        scenes = [_step(rng, place, backdrop, danger=step in dangers) for step in range(n)]
        films.append(Film(f"camera-{at}.mp4", tuple(scenes)))
    return films


def _step(rng: np.random.Generator, place: str, backdrop: int, *, danger: bool) -> Scene:
    if not danger and rng.random() < EMPTY_SHARE:
        return Scene((), place, STEP_S, backdrop)
    motion = DANGER if danger else str(rng.choice(USUAL))
    kind, colour = str(rng.choice(["dog", "cat", "rabbit"])), str(rng.choice(["brown", "white"]))
    scene = one_actor(rng, (kind, colour, motion, place), duration_s=STEP_S)
    return Scene(scene.actors, place, STEP_S, backdrop)


def rows_of(films: Sequence[Film]) -> list[Row]:
    """Each step with whether something falls."""
    return [
        Row(film.name, *span, YES if _is_danger(scene) else NO)
        for film in films
        for span, scene in zip(film.spans_s, film.scenes, strict=True)
    ]


def _is_danger(scene: Scene) -> bool:
    return any(actor.motion == DANGER for actor in scene.actors)


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """Average precision, and alerts an hour at which nine in ten dangers are told."""
    films = make_films(SIZES[size], seed=81)
    half = len(films) // 2
    train, test = rows_of(films[:half]), rows_of(films[half:])
    with laboratory(films, encoder, clips=CLIPS) as lab:
        head = lab.train(train)
        told = {
            "head": lab.predict(test).of(YES).astype(np.float64),
            "oddities": _odd(lab, [film.name for film in films[:half]], test),
            "frame_difference": _moving(lab, test),
            "random": np.random.default_rng(0).random(len(test)),
        }
        model = str(head.record.tried[0]["name"])
    wanted = np.array([row.label == YES for row in test])
    precision = {name: float(average_precision_score(wanted, each)) for name, each in told.items()}
    alerts = {name: alerts_an_hour(wanted, each) for name, each in told.items()}
    compared = []
    for name in ("head", "oddities"):
        simple = ("frame_difference", "random")
        compared += against(
            f"risk, {name}, average precision", precision[name], {k: precision[k] for k in simple}
        )
        compared += against(
            f"risk, {name}, alerts", alerts[name], {k: alerts[k] for k in simple}, lower=True
        )
    return {
        "minutes": SIZES[size].minutes * len(films),
        "dangers_taught": sum(row.label == YES for row in train),
        "dangers_judged": int(wanted.sum()),
        "model": model,
        **{f"average_precision_{name}": round(value, 3) for name, value in precision.items()},
        **{f"alerts_an_hour_{name}": round(value, 1) for name, value in alerts.items()},
    }, compared


def alerts_an_hour(wanted: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """False alerts an hour where the threshold tells `RECALL` of the dangers; steps in order.

    Neighbouring steps above the threshold that are no danger are one alert.
    """
    least = int(np.ceil(RECALL * wanted.sum()))
    threshold = np.sort(scores[wanted])[-least]
    false = (scores >= threshold) & ~wanted
    begins = false & ~np.concatenate([[False], false[:-1]])
    return float(begins.sum() / (len(wanted) * STEP_S / 3600))


def _odd(lab: Lab, normal: Sequence[str], test: Sequence[Row]) -> NDArray[np.float64]:
    """The oddest clip whose middle lies in each step, beside the videos that taught."""
    view = open_view(lab.home, lab.catalogue, lab.encoder.id)
    names = lab.catalogue.video_names()
    ids = {name: names.find(name)[0] for name in {*normal, *(row.video for row in test)}}
    judged = sorted({ids[row.video] for row in test})
    found = find_oddities(view, Wanted(judged=judged, normal=[ids[name] for name in normal]))
    middles_s = (found.clips.starts_s + found.clips.ends_s) / 2
    out = np.zeros(len(test))
    for at, row in enumerate(test):
        inside = (middles_s >= row.start_s) & (middles_s < row.end_s)
        inside &= found.clips.videos == ids[row.video]
        out[at] = np.nanmax(found.scores[inside], initial=0.0)
    return out


def _moving(lab: Lab, rows: Sequence[Row]) -> NDArray[np.float64]:
    """Mean change between neighbouring frames, in grey levels."""
    pixels = row_pixels(lab, rows).astype(np.float32)
    return np.asarray(np.abs(np.diff(pixels, axis=1)).mean(axis=(1, 2, 3, 4)), np.float64)
