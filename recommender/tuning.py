"""Choosing one setting by what it foretells of held-out events."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from recommender.interactions import Interactions, ItemVectors
from recommender.ranking import ask
from recommender.scorer import Fit, Scorer, Tune
from recommender.splits import Case

ASKED = 2_000
"""Most people whose held-out events a setting is judged by."""
METRIC = "ndcg_at_20"
_SEED = 20


def judged(scorer: Scorer, train: Interactions, held_out: Interactions) -> float:
    """Mean NDCG@20 over held-out events of at most `ASKED` people; 0 where nothing can be asked."""
    people = np.unique(held_out.person)
    if len(people) > ASKED:
        people = np.random.default_rng(_SEED).choice(people, ASKED, replace=False)
        held_out = held_out.where(np.isin(held_out.person, people))
    case = Case(train, held_out)
    return float(ask(scorer, case).values[METRIC].mean()) if len(case.people) else 0.0


def climb(settings: Sequence[float], worth: Callable[[float], float], *, start: int) -> float:
    """Walk along settings in order from `start` for as long as they get better.

    Args:
        settings: In order, so that quality rises and then falls along them.
        worth: Quality of a setting, asked once each.
        start: Position of the first guess.
    """
    asked = functools.cache(worth)
    best = start
    for way in (-1, 1):
        while 0 <= best + way < len(settings):
            if asked(settings[best + way]) <= asked(settings[best]):
                break
            best += way
        if best != start:
            break
    return settings[best]


def tuned(
    fit: Callable[..., Scorer], name: str, settings: Sequence[float], *, start: float
) -> Tune:
    """A way of fitting whose setting `name` is chosen on held-out events."""

    def tune(train: Interactions, items: ItemVectors | None, held_out: Interactions) -> Fit:
        def worth(setting: float) -> float:
            return judged(fit(train, items, **{name: setting}), train, held_out)

        best = climb(settings, worth, start=settings.index(start))
        return functools.partial(fit, **{name: best})

    return tune
