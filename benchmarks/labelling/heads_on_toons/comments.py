"""What a comment about a scene means: the same words are praise, or irony, by what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, Row, laboratory, split_by_video
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from embeddings.encoder import Encoder
from embeddings.words.sentences import shared_sentences

N_FILMS = {"small": 100, "full": 200}
COMMENTS_EACH = 4
TAUGHT = 0.7
GOOD, BAD = "positive", "negative"
NICE = ("cake", "gift", "heart", "flower", "icecream", "crown")
NASTY = ("ghost", "crab", "cactus", "robot", "submarine", "ufo")
PLAIN = {
    GOOD: (
        "I love this so much",
        "this made my day",
        "beautiful, thank you",
        "I want to see more of it",
    ),
    BAD: ("I hate this", "what a waste of time", "ugly and boring", "please take it down"),
}
IRONIC = (
    "oh great, just what I needed", "well, that is exactly my kind of present",
    "wow, how delicious", "sure, put that on my table", "best birthday ever",
)  # fmt: skip
"""Praise of what is nice, and the contrary of what is nasty."""


def make_films(n: int, seed: int) -> list[Film]:
    """Scenes of one nice or one nasty object."""
    rng = np.random.default_rng(seed)
    films = []
    for at in range(n):
        kind = str(rng.choice(NICE if rng.random() < 0.5 else NASTY))
        scene = one_actor(rng, draw_facts(rng, kind=kind))
        films.append(Film(f"scene-{at:04d}.mp4", (scene,)))
    return films


def make_comments(films: Sequence[Film], seed: int) -> list[Row]:
    """Comments, half of them ironic where the scene is nasty; each comment once a scene."""
    rng = np.random.default_rng(seed)
    rows = []
    for film in films:
        nice = film.scenes[0].actors[0].kind in NICE
        for at in range(COMMENTS_EACH):
            if at % 2:
                label = GOOD if nice else BAD
                text = str(IRONIC[(at // 2 + int(rng.integers(2)) * 2) % len(IRONIC)])
            else:
                label = GOOD if rng.random() < 0.5 else BAD
                options = PLAIN[label]
                text = options[(at // 2 + int(rng.integers(2)) * 2) % len(options)]
            rows.append(Row(film.name, *film.spans_s[0], label, (("comment", text),)))
    return rows


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """F1 of the sentiment of comments about scenes that nobody labelled."""
    films = make_films(N_FILMS[size], seed=71)
    train, test = split_by_video(make_comments(films, seed=72), TAUGHT)
    with laboratory(films, encoder) as lab:
        head = lab.train(train, kinds={"comment": "text"})
        model = str(head.record.tried[0]["name"])
        ours = _f1(test, lab.predict(test).labels)
        clip = _clip_only(lab, train, test)
    simple = {
        "clip_only": clip,
        "text_only": _text_only(train, test),
        "frequency": _usual(train, test),
    }
    figures = {"f1": ours, **{f"f1_{name}": value for name, value in simple.items()}}
    rounded = {name: round(value, 3) for name, value in figures.items()}
    told = {"rows": len(train), "test_rows": len(test), "model": model, **rounded}
    return told, against("comments", ours, simple)


def _f1(rows: Sequence[Row], said: Sequence[str]) -> float:
    return float(f1_score([row.label for row in rows], said, average="macro", zero_division=0.0))


def _clip_only(lab: Lab, train: Sequence[Row], test: Sequence[Row]) -> float:
    """A head without the text; equal stretches are told apart by a column that says nothing."""
    plain = [replace(row, columns=(("n", str(at)),)) for at, row in enumerate(train)]
    lab.train(plain, kinds={"n": "ignore"})
    asked = [replace(row, columns=(("n", str(at)),)) for at, row in enumerate(test)]
    return _f1(test, lab.predict(asked).labels)


def _text_only(train: Sequence[Row], test: Sequence[Row]) -> float:
    """Logistic regression on the sentence vectors, as a head fits it."""
    sentences = shared_sentences()
    x, z = (sentences.encode([row.values["comment"] for row in rows]) for rows in (train, test))
    strengths = {"C": [0.1, 1.0, 10.0, 100.0]}
    model = GridSearchCV(LogisticRegression(max_iter=2000), strengths, scoring="accuracy")
    model.fit(x, [row.label for row in train])
    return _f1(test, model.predict(z).tolist())


def _usual(train: Sequence[Row], test: Sequence[Row]) -> float:
    labels = [row.label for row in train]
    return _f1(test, [max(set(labels), key=labels.count)] * len(test))
