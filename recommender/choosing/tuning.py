"""Choosing one setting by what it foretells of held-out events."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from recommender.choosing.ranking import ask
from recommender.choosing.scorer import Fit, Scorer, Tune
from recommender.choosing.splits import Case
from recommender.events.interactions import ItemVectors

ASKED = 2_000
"""Most people whose held-out events a setting is judged by."""
METRIC = "ndcg_at_20"


def judged(fit: Fit, cases: Sequence[Case], items: ItemVectors | None) -> float:
    """Mean NDCG@20 over all questions of some cases, of at most `ASKED` people each."""
    found = [
        ask(fit(case.train, items), case.of_some(ASKED)).values[METRIC]
        for case in cases
        if len(case.people)
    ]
    return float(np.concatenate(found).mean()) if found else 0.0


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

    def tune(cases: Sequence[Case], items: ItemVectors | None) -> Fit:
        def worth(setting: float) -> float:
            return judged(functools.partial(fit, **{name: setting}), cases, items)

        best = climb(settings, worth, start=settings.index(start))
        return functools.partial(fit, **{name: best})

    return tune
