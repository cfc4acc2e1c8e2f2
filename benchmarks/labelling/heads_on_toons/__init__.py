"""Heads on made-up worlds beside simple baselines.

Every world follows from a seed: films of combinations that the toon encoder was never trained on,
written as H.264 and indexed, and labels that a rule of the world gives. Heads are fitted by `train
head`'s code on labelled rows, and judged on rows of other videos (of later ones for sales) by
`predict`'s. `beaten` counts the comparisons in which ours is strictly better than the baseline.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.labelling.heads_on_toons import actions, clicks, comments, moderation, risk, sales
from benchmarks.labelling.heads_on_toons.versus import counted
from embeddings.opening.choice import load_encoder

WORLDS = {
    "actions": actions.run,
    "moderation": moderation.run,
    "clicks": clicks.run,
    "comments": comments.run,
    "risk": risk.run,
    "sales": sales.run,
}


def run(size: str) -> dict[str, Any]:
    """Measure every world; `small` takes minutes, mostly for networks on pixels."""
    encoder = load_encoder("toon")
    figures: dict[str, Any] = {}
    found = []
    for name, world in WORLDS.items():
        began_s = time.perf_counter()
        mine, compared = world(size, encoder)
        found += compared
        figures[name] = {**mine, "seconds": round(time.perf_counter() - began_s, 1)}
    return {**figures, **counted(found)}
