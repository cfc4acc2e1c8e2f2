"""Choosing one setting by what it foretells of held-out events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recommender.interactions import Interactions, ItemVectors
from recommender.ranking import ask
from recommender.scorer import Fit, Scorer
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


def climb(
    settings: Sequence[float],
    made: Callable[[float], Fit],
    known: tuple[Interactions, ItemVectors | None, Interactions],
    *,
    start: int,
) -> float:
    """Walk along settings in order from `start` while held-out events are foretold better.

    Args:
        settings: In order, so that quality rises and then falls along them.
        made: How to fit with a setting.
        known: What to fit on, content, and what to judge by.
        start: Position of the first guess.
    """
    train, items, held_out = known
    found: dict[int, float] = {}

    def worth(at: int) -> float:
        if at not in found:
            found[at] = judged(made(settings[at])(train, items), train, held_out)
        return found[at]

    best = start
    for way in (-1, 1):
        while 0 <= best + way < len(settings) and worth(best + way) > worth(best):
            best += way
        if best != start:
            break
    return settings[best]
