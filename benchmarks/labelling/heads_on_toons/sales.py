"""Sales of a day, which follow how many objects the film of the day before shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.labelling.heads_on_toons.films import Film, draw_facts
from benchmarks.labelling.heads_on_toons.lab import Row, laboratory
from benchmarks.labelling.heads_on_toons.versus import Versus, against
from data.toons.actors import Slot, place_actor
from data.toons.scenes import Scene
from data.toons.shapes import ASPECT
from embeddings.encoder import Encoder

DAYS = {"small": 160, "full": 320}
MOST = 5
WEEK = (0.0, 0.0, 2.0, 3.0, 6.0, 12.0, 8.0)
EACH, NOISE = 10.0, 4.0
TAUGHT = 0.6
LENGTH_S = 3.0


def make_films(days: int, seed: int) -> tuple[list[Film], list[int]]:
    """A film a day of 1 to `MOST` objects side by side, and how many; from day to day it varies."""
    rng = np.random.default_rng(seed)
    films, counts = [], []
    level = 0.0
    for day in range(days):
        level = 0.6 * level + rng.normal(0, 1.3)
        n = int(np.clip(round(3 + level), 1, MOST))
        films.append(Film(f"day-{day:04d}.mp4", (_shown(rng, n),)))
        counts.append(n)
    return films, counts


def _shown(rng: np.random.Generator, n: int) -> Scene:
    wide = ASPECT / MOST
    columns = sorted(rng.permutation(MOST)[:n].tolist())
    actors = []
    for column in columns:
        motion = str(rng.choice(["rise", "fall", "bounce", "shake"]))
        kind, colour, *_ = draw_facts(rng, motion=motion)
        slot = Slot(0.0, LENGTH_S, column * wide, (column + 1) * wide)
        actors.append(place_actor(rng, kind, colour, motion, slot))
    return Scene(tuple(actors), draw_facts(rng)[3], LENGTH_S, int(rng.integers(1 << 31)))


def make_sales(counts: Sequence[int], seed: int) -> NDArray[np.float64]:
    """(days,) sales: of the day before, of the day of the week, and chance."""
    rng = np.random.default_rng(seed)
    week = np.array(WEEK)[np.arange(len(counts)) % 7]
    before = np.array([counts[0], *counts[:-1]], np.float64)
    return np.asarray(EACH * before + week + rng.normal(0, NOISE, len(counts)))


def rows_of(films: Sequence[Film], sales: NDArray[np.float64]) -> list[Row]:
    """From the second week on: each day with the film of the day before, and what is known then."""
    rows = []
    for day in range(7, len(films)):
        shown = films[day - 1]
        columns = (
            ("time", str(day)),
            ("weekday", f"day{day % 7}"),
            ("yesterday", f"{sales[day - 1]:.2f}"),
            ("week_ago", f"{sales[day - 7]:.2f}"),
        )
        rows.append(Row(shown.name, *shown.spans_s[0], f"{sales[day]:.2f}", columns))
    return rows


def run(size: str, encoder: Encoder) -> tuple[dict[str, Any], list[Versus]]:
    """Mean absolute error on the last days, by a head that was fitted on those before."""
    films, counts = make_films(DAYS[size], seed=91)
    rows = rows_of(films, make_sales(counts, seed=92))
    n = round(TAUGHT * len(rows))
    train, test = rows[:n], rows[n:]
    wanted = np.array([float(row.label) for row in test])
    with laboratory(films, encoder) as lab:
        head = lab.train(train)
        ours = lab.predict(test).outputs[:, 0]
    mean = float(np.mean([float(row.label) for row in train]))
    simple = {
        "persistence": np.array([float(row.values["yesterday"]) for row in test]),
        "seasonal_naive": np.array([float(row.values["week_ago"]) for row in test]),
        "mean": np.full(len(test), mean),
    }
    errors = {name: float(np.abs(each - wanted).mean()) for name, each in simple.items()}
    mae = float(np.abs(ours - wanted).mean())
    compared = against("sales, MAE", mae, errors, lower=True)
    return {
        "days_taught": len(train),
        "days_judged": len(test),
        "model": str(head.record.tried[0]["name"]),
        "mae": round(mae, 2),
        **{f"mae_{name}": round(value, 2) for name, value in errors.items()},
        "mae_of_chance": round(float(np.sqrt(2 / np.pi) * NOISE), 2),
    }, compared
