"""A request for recommendations, and the answer: ranked videos, each with its reason."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.model.taste import Taste

REST = "rest"
"""Source name for an item whose only evidence is that users have seen it."""


@dataclass(frozen=True, eq=False)
class UserRequest:
    """One user, and what may be recommended."""

    taste: Taste
    allowed: NDArray[np.bool_]
    """(n,) videos that may be recommended."""
    playing: int
    """Row of the video that is playing; -1 for none."""


@dataclass(frozen=True)
class Because:
    """The watched or playing video that led to a recommendation."""

    video_id: int
    """Its permanent id."""
    title: str


@dataclass(frozen=True)
class Item:
    """One recommended video."""

    rank: int
    """From 1."""
    video_id: int
    """Permanent id."""
    path: Path | None
    """Its file, where known."""
    title: str
    score: float
    """0 to 1; never rising along the list without exploration."""
    source: str
    """The source that added most to its score; `new` for a place reserved for unwatched videos."""
    because: Because | None
    """The watched or playing video that led to it; None if it rests on other users alone."""
    propensity: float = 1.0
    """Probability that this video got this place, given the places above."""


@dataclass(frozen=True)
class Recommendations:
    """A ranked list for one user."""

    user: str
    items: list[Item]
    """Best first; fewer than requested if few videos are left."""
    took_ms: float
    """Milliseconds the answer took."""
    explore: float = 0.0
    """Probability with which each place was filled at random."""
    not_logged: str | None = None
    """Why the page that was to be logged is not in the log; None where nothing went wrong."""
