"""The several interests of one person: medoids among the vectors of what they watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_INTERESTS = 8
"""Most interests of one person."""
MIN_GAIN = 0.1
"""A further interest must explain at least this part of everything watched."""
MAX_WATCHED = 300
"""Only so many watched videos, those of most weight, shape the interests: it bounds the time."""
_REFINEMENTS = 5


@dataclass(frozen=True, eq=False)
class Interest:
    """One taste of a person: watched videos that look alike."""

    medoid: int
    """Position of the most central watched video."""
    members: NDArray[np.int64]
    """(m,) positions of the watched videos that belong to it."""
    share: float
    """Its part of everything watched, 0 to 1; all shares add up to 1."""
    centre: NDArray[np.float32]
    """(d,) unit vector: the weighted mean of its members."""


def find_interests(vectors: NDArray[np.float32], weights: NDArray[np.float64]) -> list[Interest]:
    """Group what a person watched; the number of groups follows from the vectors.

    Medoids are added greedily while the next one explains enough (facility location), then refined
    by reassigning members and re-choosing medoids (k-medoids).

    Args:
        vectors: (m, d) float32 centred unit rows of the watched videos.
        weights: (m,) how much each counts, above 0.

    Returns:
        Interests by falling share; empty for no videos.
    """
    if len(vectors) == 0:
        return []
    alike = np.maximum(vectors @ vectors.T, 0.0).astype(np.float64)
    medoids = _spread(alike, weights)
    for _ in range(_REFINEMENTS):
        owner = np.argmax(alike[:, medoids], axis=1)
        better = [
            _most_central(alike, weights, np.flatnonzero(owner == g)) for g in range(len(medoids))
        ]
        if better == medoids:
            break
        medoids = better
    owner = np.argmax(alike[:, medoids], axis=1)
    groups = [np.flatnonzero(owner == g) for g in range(len(medoids))]
    found = [
        _interest(m, g, vectors, weights) for m, g in zip(medoids, groups, strict=True) if len(g)
    ]
    return sorted(found, key=lambda one: (-one.share, one.medoid))


def _spread(alike: NDArray[np.float64], weights: NDArray[np.float64]) -> list[int]:
    medoids: list[int] = []
    explained = np.zeros(len(alike))
    while len(medoids) < MAX_INTERESTS:
        gains = weights @ np.maximum(alike - explained[:, None], 0.0)
        best = int(np.argmax(gains))
        if medoids and gains[best] < MIN_GAIN * weights.sum():
            break
        medoids.append(best)
        explained = np.maximum(explained, alike[:, best])
    return medoids


def _most_central(
    alike: NDArray[np.float64], weights: NDArray[np.float64], members: NDArray[np.int64]
) -> int:
    inside = weights[members] @ alike[np.ix_(members, members)]
    return int(members[np.argmax(inside)])


def _interest(
    medoid: int,
    members: NDArray[np.int64],
    vectors: NDArray[np.float32],
    weights: NDArray[np.float64],
) -> Interest:
    mean = weights[members] @ vectors[members]
    centre = mean / max(float(np.linalg.norm(mean)), 1e-6)
    share = float(weights[members].sum() / weights.sum())
    return Interest(medoid, members, share, centre.astype(np.float32))
