"""What to label next, and which labels are wrong, where each stretch has a number.

The films of `annotate`; each motion has a risk between 0 and 1, and who labels is off by some .05.
The error is the mean absolute one on scenes of other films, all motions as often.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.annotations.annotations import Annotations, Said
from data.labels.kinds import Task
from indexer.annotation.annotator import Annotator
from indexer.annotation.pool import Pool

if TYPE_CHECKING:
    from benchmarks.labelling.annotate import World

RISKS = {"left": 0.0, "right": 0.2, "rise": 0.4, "fall": 0.6, "grow": 0.8, "bounce": 1.0}
"""The risk of each motion; the rarer, the higher."""
OFF = 0.05
"""Standard deviation of what who labels says of the same motion."""
WRONG = 0.1
AT_ONCE = 10


def numbers(world: World, *, labels: int, seeds: int) -> dict[str, Any]:
    """Errors by number of labels, proposed and in random order, and wrong labels that are found."""
    kinds = {"proposed": True, "random": False}
    curves = {
        kind: [_curve(world, seed, labels, proposed=proposed) for seed in range(seeds)]
        for kind, proposed in kinds.items()
    }
    errors = [_errors(world, seed) for seed in range(seeds)]
    right = np.array([RISKS[each] for each in world.right])
    of_mean = np.abs(right - np.mean([RISKS[each] for each in world.motions])).mean()
    return {
        "mae_of_mean": round(float(of_mean), 3),
        **{
            f"mae_{kind}_{n}": round(float(np.mean([curve[n] for curve in each])), 3)
            for kind, each in curves.items()
            for n in each[0]
        },
        **{
            f"numbers_{name}": round(float(np.mean([each[name] for each in errors])), 3)
            for name in errors[0]
        },
    }


def _said(motions: Sequence[str], seed: int) -> NDArray[np.float64]:
    """(n,) what is said of the risk of clips."""
    noise = np.random.default_rng(seed).normal(0, OFF, len(motions))
    return np.array([RISKS[each] for each in motions]) + noise


def _begun(world: World, pool: Pool, name: str) -> tuple[Annotations, Annotator]:
    made = Annotations(world.lab.catalogue)
    made.make(name, Task.NUMBER)
    return made, Annotator(world.lab.catalogue, name, pool)


def _label(
    made: Annotations, name: str, pool: Pool, places: Sequence[int], risks: NDArray[np.float64]
) -> None:
    rows = [Said(*pool.stretch(at), (f"{risks[at]:.3f}",)) for at in places]
    made.say_all(name, rows, by="benchmark", source="api")


def _curve(world: World, seed: int, labels: int, *, proposed: bool) -> dict[int, float]:
    pool, motions = world.some(seed)
    risks, name = _said(motions, seed), f"risk-{'proposed' if proposed else 'random'}-{seed}"
    made, annotator = _begun(world, pool, name)
    order = np.random.default_rng(seed).permutation(len(pool)).tolist()
    place = {pool.stretch(at): at for at in range(len(pool))}
    right, curve = np.array([RISKS[each] for each in world.right]), {}
    for n in range(AT_ONCE, labels + 1, AT_ONCE):
        places = order[n - AT_ONCE : n]
        if proposed:
            found = annotator.propose(AT_ONCE).items
            places = [place[each.video_id, each.start_s, each.end_s] for each in found]
        _label(made, name, pool, places, risks)
        head = annotator.head()
        if n % (2 * AT_ONCE) == 0 and head is not None:
            curve[n] = float(np.abs(head.numbers(world.tested)[0] - right).mean())
    return curve


def _errors(world: World, seed: int) -> dict[str, float]:
    """Precision and recall of what is doubted, all clips labelled and some by another's risk."""
    rng = np.random.default_rng(seed)
    pool, motions = world.some(seed)
    wrong: NDArray[np.bool_] = np.zeros(len(pool), np.bool_)
    wrong[rng.permutation(len(pool))[: round(WRONG * len(pool))]] = True
    others = [
        str(rng.choice([each for each in RISKS if each != motion])) if is_wrong else motion
        for motion, is_wrong in zip(motions, wrong.tolist(), strict=True)
    ]
    name = f"risk-wrong-{seed}"
    made, annotator = _begun(world, pool, name)
    _label(made, name, pool, range(len(pool)), _said(others, seed))
    place = {pool.stretch(at): at for at in range(len(pool))}
    doubted = [place[each.annotation.stretch] for each in annotator.doubts()]
    right = int(wrong[doubted].sum())
    return {
        "doubted": len(doubted),
        "errors_precision": right / max(len(doubted), 1),
        "errors_recall": right / int(wrong.sum()),
        "errors_recall_random": len(doubted) / len(pool),
    }
