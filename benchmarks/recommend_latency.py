"""How long fitting and one answer take, beside plain numpy and `implicit`, up to a million videos.

The world is made up (`benchmarks.many_people`). Fits run in turns on one thread, and each stands
with the NDCG@10 of people's last videos, so that speed is not bought with quality. Answers are
measured in a process for each size, so that its memory is its own.
"""

from __future__ import annotations

from importlib.metadata import version

from benchmarks.answers import measure_apart
from benchmarks.fits import has_implicit, race, ratios
from benchmarks.many_people import Size, make_world

FITTED = {"small": Size(3_000, 6_000), "full": Size(6_000, 20_000)}
"""Worlds of the race."""
ROUNDS = {"small": 3, "full": 5}
"""Times that everybody fits."""
LIBRARIES = {
    "": (1_000, 1_000),
    "_100k": (100_000, 100_000),
    "_1m": (1_000_000, 1_000_000),
}
"""Ending of the keys to videos and people."""
_SEED = 7  # settings were chosen on seed 0


def run(size: str) -> dict[str, object]:
    """Measure; `small` ends within two minutes, `full` within fifteen."""
    fitted = FITTED[size]
    raced = race(make_world(fitted, seed=_SEED), ROUNDS[size])
    figures: dict[str, object] = {
        "implicit": version("implicit")
        if has_implicit()
        else "not installed: its keys are left out",
        "threads": 1,
        "fitted_videos": fitted.videos,
        "fitted_people": fitted.people,
        **{name: round(value, 4) for name, value in raced.items()},
        **{name: round(value, 3) for name, value in ratios(raced).items()},
    }
    for ending, (n_videos, n_people) in LIBRARIES.items():
        if size == "full" or ending != "_1m":
            found = measure_apart(n_videos, n_people)
            figures |= {f"{name}{ending}": round(value, 3) for name, value in found.items()}
    return figures
