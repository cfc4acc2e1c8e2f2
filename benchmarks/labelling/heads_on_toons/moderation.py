"""A banned combination, of which no part is banned: by words, by 20 decisions, and by both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, Row, laboratory
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from data.arrays import Floats
from data.toons.actors import Slot, place_actor
from data.toons.captions import wording
from data.toons.scenes import Scene
from data.toons.shapes import ASPECT
from embeddings.encoder import Encoder
from indexer.heads.models.model import Family

N_FILMS = {"small": 120, "full": 200}
DECISIONS = 20
BANNED_SHARE = 0.2
YES, NO = "banned", "fine"
ACTION = ("balloon", "red", "rise")
"""One object with one action."""
ABOVE = (("gift", "red"), ("ball", "blue"))
"""One object above another."""


def action_films(n: int, seed: int) -> tuple[list[Film], list[str]]:
    """Scenes with the banned object and action, and with two of its three parts, or one."""
    rng = np.random.default_rng(seed)
    films, labels = [], []
    for at in range(n):
        banned = rng.random() < BANNED_SHARE
        kept = 3 if banned else int(rng.choice([1, 2], p=[0.3, 0.7]))
        parts = set(rng.permutation(3)[:kept].tolist())
        while True:
            given = [part if i in parts else None for i, part in enumerate(ACTION)]
            facts = draw_facts(rng, kind=given[0], colour=given[1], motion=given[2])
            if (facts[:3] == ACTION) == banned:
                break
        films.append(Film(f"case-{at:04d}.mp4", (one_actor(rng, facts),)))
        labels.append(YES if banned else NO)
    return films, labels


def above_films(n: int, seed: int) -> tuple[list[Film], list[str]]:
    """The one above the other, which is banned; upside down; or one of them with something else."""
    rng = np.random.default_rng(seed)
    films, labels = [], []
    for at in range(n):
        banned = rng.random() < BANNED_SHARE
        upper, lower = ABOVE
        if not banned:
            way = int(rng.integers(3))
            other = draw_facts(rng)[:2]
            while other in ABOVE:
                other = draw_facts(rng)[:2]
            upper, lower = [(lower, upper), (upper, other), (other, lower)][way]
        films.append(Film(f"case-{at:04d}.mp4", (_stacked(rng, upper, lower),)))
        labels.append(YES if banned else NO)
    return films, labels


def _stacked(rng: np.random.Generator, upper: tuple[str, str], lower: tuple[str, str]) -> Scene:
    length_s = 3.0
    slots = (Slot(0, length_s, 0, ASPECT, 0, 0.5), Slot(0, length_s, 0, ASPECT, 0.5, 1))
    actors = tuple(
        place_actor(rng, *what, str(rng.choice(["shake", "spin"])), slot)
        for what, slot in zip((upper, lower), slots, strict=True)
    )
    return Scene(actors, draw_facts(rng)[3], length_s, int(rng.integers(1 << 31)))


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """Average precision among the films that nobody decided about."""
    figures: dict[str, Any] = {}
    compared = []
    text = wording([one_actor(np.random.default_rng(0), (*ACTION, "beach")).actors[0]], "beach",
                   with_place=False)  # fmt: skip
    cases = {
        "action": (action_films, text),
        "above": (above_films, "a red gift above a blue ball"),
    }
    for name, (make, words) in cases.items():
        films, labels = make(N_FILMS[size], seed=53)
        with laboratory(films, encoder) as lab:
            rows = [
                Row(film.name, *film.spans_s[0], label)
                for film, label in zip(films, labels, strict=True)
            ]
            found, more = _judged(lab, rows, words)
        figures |= {f"{name}_{each}": round(value, 3) for each, value in found.items()}
        simple = {each: found[each] for each in ("frequency", "words", "decisions")}
        both = f"moderation, {name}, words and {DECISIONS} decisions"
        compared += against(both, found["both"], simple)
        figures[f"{name}_banned_among_decisions"] = more
    return {"films": N_FILMS[size], "decisions": DECISIONS, **figures}, compared


def _judged(lab: Lab, rows: Sequence[Row], words: str) -> tuple[dict[str, float], int]:
    """Decisions are about the first half of those that words find first, and as many by chance."""
    by_words = lab.words(words)
    lowest = min(by_words.values())
    scores = np.array([by_words.get(row.video, lowest - 1) for row in rows])
    order = np.argsort(-scores, kind="stable")
    first, rest = order[: DECISIONS // 2], order[DECISIONS // 2 :]
    chance = np.random.default_rng(0).permutation(rest)
    decided = np.concatenate([first, chance[: DECISIONS - len(first)]])
    others = np.setdiff1d(np.arange(len(rows)), decided)
    test = [rows[at] for at in others]
    learned = {}
    for name, described in (("decisions", None), ("both", words)):
        lab.train([rows[at] for at in decided], families=(Family.LINEAR,), words=described)
        learned[name] = lab.predict(test).of(YES)
    wanted = np.array([row.label == YES for row in test])

    def precision(values: Floats) -> float:
        return float(average_precision_score(wanted, values))

    found = {
        "frequency": float(wanted.mean()),
        "words": precision(scores[others].astype(np.float32)),
        **{name: precision(values) for name, values in learned.items()},
    }
    return found, sum(rows[at].label == YES for at in decided)
