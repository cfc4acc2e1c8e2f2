"""Videos as frame vectors: scenes in which something moves, without any picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.background import Background
from indexer.duplicates.lines import Track
from tests.fakes import random_units, unit_rows

DIM = 64
STEP_S = 0.5
N_WAYS = 6
"""Directions in which something moves, each from one random place to the next every second."""
BACKGROUND = Background(np.zeros(DIM, np.float32), alike=0.3)
"""Of frames without anything in common."""


class Film:
    """A film whose frame at any instant is known: places, and in them something that moves.

    Args:
        seed: Another seed is another film.
        length_s: Its length.
        scenes: How many shots of equal length.
        moves: How much of a frame moves, 0 for a picture that stands.
        places: Seed of the places; films with the same are made in the same places.
    """

    def __init__(
        self,
        seed: int,
        length_s: float = 30.0,
        *,
        scenes: int = 1,
        moves: float = 0.4,
        places: int | None = None,
    ) -> None:
        self.length_s, self._scenes, self._moves = length_s, scenes, moves
        self._places = random_units(np.random.default_rng([places or seed, 1]), scenes, DIM)
        rng = np.random.default_rng([seed, 2])
        self._ways = random_units(rng, N_WAYS, DIM)
        self._knots = rng.standard_normal((int(length_s) + 3, N_WAYS))

    def frames(self, times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        """(n, DIM) unit rows at instants of the film."""
        shot = np.clip((times_s / self.length_s * self._scenes).astype(int), 0, self._scenes - 1)
        before = np.clip(times_s, 0, self.length_s).astype(int)
        share = (times_s - before)[:, None]
        ways = (1 - share) * self._knots[before] + share * self._knots[before + 1]
        moved = self._moves * (ways @ self._ways) / np.sqrt(N_WAYS)
        return unit_rows(self._places[shot] + moved)

    def track(
        self,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        speed: float = 1.0,
        noise: float = 0.05,
        seed: int = 0,
    ) -> Track:
        """A video that shows a part of the film, this many times as fast, as a poor copy."""
        end_s = self.length_s if end_s is None else end_s
        rng = np.random.default_rng([seed, 3])
        times_s = np.arange(rng.uniform(0, STEP_S), (end_s - start_s) / speed, STEP_S)
        frames = self.frames(start_s + speed * times_s)
        spoiled = frames + noise * random_units(rng, len(frames), DIM)
        return Track(times_s, unit_rows(spoiled))


def length_s(track: Track) -> float:
    return float(track.times_s[-1]) + STEP_S
