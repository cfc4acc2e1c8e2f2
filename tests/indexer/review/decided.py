"""A library whose rule has found everything, and whose cases people decided on."""

from __future__ import annotations

import numpy as np

from data.catalogue import Catalogue
from data.home import Home
from data.review.cases import Cases, Wanted
from data.review.deciding import Deciding, Decision
from tests.data.review.made import RULES, find, set_policy
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store

N = 40
"""Cases; six more videos were found by no rule."""


def store_found(home: Home, words: str = "x") -> None:
    """Videos of one clip, every second near red; the rule `fights` has found the first ones."""
    rng = np.random.default_rng(0)
    shown = ColourEncoder().encode_texts(["red", "blue"])
    store(
        home,
        {
            f"v{n}.mp4": unit_rows(shown[n % 2][None] + rng.normal(0, 0.3, (1, 8)))
            for n in range(N + 6)
        },
    )
    with Catalogue(home) as opened:
        set_policy(opened, [RULES[0] | {"description": words}, *RULES[1:]])
        find(opened, "fights", *((n + 1, 0.0, 4.0, 0.9) for n in range(N)))


def decide(catalogue: Catalogue, n: int = N) -> None:
    """Block what is red, allow the rest."""
    for case in Cases(catalogue).some(Wanted("open"), n=n):
        verb = "block" if case.video_id % 2 else "allow"
        Deciding(catalogue).decide(case.id, Decision(verb, "ann", "seen"))
