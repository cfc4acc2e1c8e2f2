"""What an object does, from 5, 20 or 100 labels a kind: our vectors against means and pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, Row, laboratory
from benchmarks.labelling.heads_on_toons.pixels import Net, fit_and_predict, row_pixels
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from data.arrays import Ids
from data.labels.kinds import Task
from data.toons.actors import MOTIONS
from embeddings.encoder import Encoder
from indexer.heads.choosing import Material, candidates, fit, judge
from indexer.heads.inputs.examples import Examples
from indexer.heads.judging.splits import by_video
from indexer.heads.models.answers import answers_of
from indexer.heads.models.model import Family
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each

SCENES = 2
FEW = ("left", "right", "rise", "fall", "grow", "bounce")


@dataclass(frozen=True)
class Size:
    """How much is made and fitted."""

    motions: tuple[str, ...]
    """Kinds of motion that are told apart."""
    labels: tuple[int, ...]
    """Labels a kind."""
    tested: int
    """Rows a kind that judge."""
    batches: tuple[int, ...]
    """Of 32 stretches, from which each network on pixels learns, for each of `labels`."""
    of_volumes: tuple[int, ...]
    """For which of `labels` networks over small pictures are fitted."""
    nets: tuple[Net, ...] = ("cnn_gru", "conv3d")
    """Networks on pixels."""


SIZES = {
    "small": (Size(FEW, (5, 20), 20, (60, 120), ()),),
    "full": (
        Size(MOTIONS, (5, 20), 10, (120, 240), (20,)),
        Size(FEW, (5, 20, 100), 20, (60, 120, 480), (100,), ("cnn", "cnn_gru", "conv3d")),
    ),
}


def films_of(motions: Sequence[str], n_each: int, seed: int) -> list[Film]:
    """Films of `SCENES` scenes with one object each, every motion `n_each` times, in any order."""
    rng = np.random.default_rng(seed)
    deck = [str(each) for _ in range(n_each) for each in rng.permutation(list(motions))]
    scenes = [one_actor(rng, draw_facts(rng, motion=motion)) for motion in deck]
    return [
        Film(f"action-{at:04d}.mp4", tuple(scenes[at * SCENES : (at + 1) * SCENES]))
        for at in range(len(scenes) // SCENES)
    ]


def rows_of(films: Sequence[Film]) -> list[Row]:
    """Each scene with its motion."""
    return [
        Row(film.name, *span, scene.actors[0].motion)
        for film in films
        for span, scene in zip(film.spans_s, film.scenes, strict=True)
    ]


def some_each(rows: Sequence[Row], n: int) -> list[Row]:
    """The first n rows of each label."""
    found = defaultdict(list)
    for row in rows:
        found[row.label].append(row)
    return [row for each in found.values() for row in each[:n]]


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """F1, mean over the kinds of motion, of each way by labels a kind."""
    figures: dict[str, Any] = {}
    compared: list[Versus] = []
    for wanted in SIZES[size]:
        found, versus = _told_apart(wanted, encoder)
        figures[f"{len(wanted.motions)} motions"] = found
        compared += versus
    return figures, compared


def _told_apart(wanted: Size, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    most, tested = max(wanted.labels), wanted.tested
    figures: dict[str, Any] = {}
    compared: list[Versus] = []
    films = films_of(wanted.motions, most + tested, seed=41)
    # Rounds of all motions: the first `most` of them teach. A film on the border teaches.
    teaching = -(-most * len(wanted.motions) // SCENES)
    with laboratory(films, encoder) as lab:
        train, test = rows_of(films[:teaching]), rows_of(films[teaching:])
        pixels = {"train": row_pixels(lab, train), "test": row_pixels(lab, test)}
        place = {(row.video, row.start_s): at for at, row in enumerate(train)}
        for n, batches in zip(wanted.labels, wanted.batches, strict=True):
            some = some_each(train, n)
            at = np.array([place[row.video, row.start_s] for row in some])
            ours = {
                "clips": _learned(lab, some, test),
                "frames": _learned(lab, some, test, (Family.GRU,)),
            }
            if n in wanted.of_volumes:
                ours["3d"] = _learned(lab, some, test, (Family.VOLUME,))
            simple = {"mean_pooling": _mean_pooling(lab, some, test)}
            classes = sorted(set(wanted.motions))
            y = np.array([classes.index(row.label) for row in some], np.int64)
            for net in wanted.nets:
                told = fit_and_predict(net, (pixels["train"][at], y), pixels["test"], batches)
                simple[net] = _f1(test, [classes[c] for c in told])
            for name, value in ours.items():
                what = f"{len(wanted.motions)} motions, {n} labels, {name}"
                compared += against(what, value, simple)
            figures |= {f"{name}_{n}": round(f1, 3) for name, f1 in {**ours, **simple}.items()}
    return {"test_rows": len(test), **figures}, compared


def _f1(rows: Sequence[Row], said: Sequence[str]) -> float:
    return float(f1_score([row.label for row in rows], said, average="macro"))


def _learned(
    lab: Lab, train: Sequence[Row], test: Sequence[Row], families: tuple[Family, ...] | None = None
) -> float:
    """By a head of all kinds over clip vectors, or of some over what frames have beside."""
    lab.train(train, families=families)
    return _f1(test, lab.predict(test).labels)


def _mean_pooling(lab: Lab, train: Sequence[Row], test: Sequence[Row]) -> float:
    """The same encoder and the same linear models, on the plain mean of the frames of a stretch."""
    answers = answers_of(Task.CLASSES, [(row.label,) for row in train])
    found = lab.stretches(train)
    every: Ids = np.arange(len(train), dtype=np.int64)
    material = Material(
        _means(found.examples), {}, {"label": (every, answers)}, found.video_ids, "salt"
    )
    splits = by_video(answers, found.video_ids)
    with one_thread_each():
        tried = candidates(material, "label", (Family.LINEAR,))
        best = judge(material, "label", splits, tried, lambda _: None)[0]
        fitted = fit(material, "label", best.candidate)
        raw = raw_outputs(fitted.model, fitted.recipe, _means(lab.stretches(test).examples))
    return _f1(test, [answers.classes[at] for at in raw.argmax(axis=1)])


def _means(examples: Examples) -> Examples:
    assert examples.frames is not None
    rows = np.stack([each.mean(axis=0) for each in examples.frames])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Examples(rows.astype(np.float32))
