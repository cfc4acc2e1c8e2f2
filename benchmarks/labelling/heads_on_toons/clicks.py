"""Who clicks which advert: taste for what is shown, and the place on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import OneHotEncoder

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts, one_actor
from benchmarks.labelling.heads_on_toons.lab import Lab, Row, laboratory, split_by_video
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from data.arrays import Floats
from data.toons.scenes import Scene
from data.toons.shapes import ANIMALS, COLOURS, VEHICLES
from embeddings.encoder import Encoder

PLACES_ON_PAGE = 5
TAUGHT = 0.7
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Size:
    """How much is made."""

    films: int
    """Adverts."""
    people: int
    """Persons, each of whom sees a share of the adverts."""
    impressions: int
    """Adverts that each person sees."""


SIZES = {"small": Size(80, 10, 60), "full": Size(160, 20, 80)}


def make_films(n: int, seed: int) -> list[Film]:
    """One advert a film, of one scene."""
    rng = np.random.default_rng(seed)
    return [Film(f"advert-{at:04d}.mp4", (one_actor(rng, draw_facts(rng)),)) for at in range(n)]


def make_impressions(films: Sequence[Film], size: Size, seed: int) -> list[Row]:
    """Each person sees some adverts once; clicks follow taste, the place on the page, chance."""
    rng = np.random.default_rng(seed)
    rows = []
    content = np.stack([_content(film.scenes[0]) for film in films])
    for person in range(size.people):
        taste = rng.normal(0, 1.2, content.shape[1])
        for at in rng.permutation(len(films))[: size.impressions].tolist():
            place = int(rng.integers(PLACES_ON_PAGE))
            logit = content[at] @ taste - 0.5 - 0.35 * place
            clicked = rng.random() < 1 / (1 + np.exp(-logit))
            columns = (("person", f"person{person}"), ("place", str(place + 1)))
            start_s, end_s = films[at].spans_s[0]
            label = YES if clicked else NO
            rows.append(Row(films[at].name, start_s, end_s, label, columns))
    return rows


def _content(scene: Scene) -> Floats:
    """What taste is for: animals, vehicles, other things; warm or cold colours; up and down."""
    kind, colour, motion = scene.actors[0].facts
    warm = list(COLOURS).index(colour) < 3 or colour in ("pink", "brown")
    is_a = [kind in ANIMALS, kind in VEHICLES, kind not in ANIMALS | VEHICLES]
    more = [1.0 if warm else -1.0, float(motion in ("rise", "bounce", "grow", "diagonal_up"))]
    return np.array([*map(float, is_a), *more], np.float32)


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """AUC and log loss for adverts that nobody has seen before."""
    films = make_films(SIZES[size].films, seed=61)
    rows = make_impressions(films, SIZES[size], seed=62)
    train, test = split_by_video(rows, TAUGHT)
    with laboratory(films, encoder) as lab:
        head = lab.train(train)
        told = {"ours": lab.predict(test).of(YES)}
        model = str(head.record.tried[0]["name"])
        told["clip_only"] = _clip_only(lab, train, test)
    told["person_only"] = _person_only(train, test)
    rate = float(np.mean([row.label == YES for row in train]))
    told["click_rate"] = np.full(len(test), rate, np.float32)
    wanted = np.array([row.label == YES for row in test])
    auc = {name: float(roc_auc_score(wanted, values)) for name, values in told.items()}
    losses = {name: float(log_loss(wanted, values)) for name, values in told.items()}
    compared = against("clicks, AUC", auc.pop("ours"), auc)
    compared += against("clicks, log loss", losses.pop("ours"), losses, lower=True)
    figures = {"auc": compared[0].ours, **{f"auc_{name}": value for name, value in auc.items()}}
    figures |= {"log_loss": compared[-1].ours}
    figures |= {f"log_loss_{name}": value for name, value in losses.items()}
    rounded = {name: round(value, 3) for name, value in figures.items()}
    return {"rows": len(train), "test_rows": len(test), "model": model, **rounded}, compared


def _clip_only(lab: Lab, train: Sequence[Row], test: Sequence[Row]) -> Floats:
    lab.train(train, kinds={"person": "ignore"})
    return lab.predict(test).of(YES)


def _person_only(train: Sequence[Row], test: Sequence[Row]) -> Floats:
    """Logistic regression on who it is and where it stood."""
    code = OneHotEncoder(handle_unknown="ignore").fit([list(row.values.values()) for row in train])
    x, y = code.transform([list(row.values.values()) for row in train]), [r.label for r in train]
    model = LogisticRegression(C=1.0).fit(x, y)
    chances = model.predict_proba(code.transform([list(row.values.values()) for row in test]))
    return np.asarray(chances[:, list(model.classes_).index(YES)], np.float32)
