"""What a person gets: a ranked list of videos, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REST = "rest"
"""Source of an item of which nothing is known, for or against, but that people have met it."""


@dataclass(frozen=True)
class Because:
    """The watched or playing video that led to a recommendation."""

    video_id: int
    """Its permanent id."""
    title: str
    """Its title."""


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
    """Its title."""
    score: float
    """0 to 1; never rising along the list unless places were left to chance."""
    source: str
    """What gave most of its score, or `new` for a place kept for what nobody has watched."""
    because: Because | None
    """The watched or playing video that gave it; None where the crowd alone did."""
    propensity: float = 1.0
    """Probability that this video stood at this place, given the places above."""


@dataclass(frozen=True)
class Recommendations:
    """A ranked list for one person."""

    user: str
    """The person."""
    items: list[Item]
    """Best first; fewer than asked when little is left to recommend."""
    took_ms: float
    """Time it took."""
    explore: float = 0.0
    """Probability with which each place was left to chance."""
