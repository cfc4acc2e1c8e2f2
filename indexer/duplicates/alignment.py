"""Which stretches two videos share: frames that are alike in the same order in time.

Along each likely line (`lines.py`) the frames of one are compared with those of the other at the
same instants. Where they stay alike there is a stretch. It counts by two measures:

- `likeness`, the mean cosine of the frames, less what the library's frames have in common;
- `order`, the correlation of how both change: within each shot the mean of its frames is taken off,
  so that only what moves is left. Two videos of one place are alike, but what moves in them does
  not move at the same instants; a picture that stands has no order, and `moving` says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.background import Background
from indexer.duplicates.lines import (
    OTHER_SPEED,
    Line,
    Track,
    Vectors,
    Votes,
    likely_lines,
    refined,
    shot_windows,
    without_means,
)

LINES = 2
"""Lines of each vote that are tried."""
UNORDERED = 0.02
"""Weight of a stretch without order beside the squared correlation of one with it."""
SAME_SPEED = 0.02
"""Speeds this near to 1 are usual; others count less, as in `lines.py`."""
ALIKE = 0.35
"""Likeness above accident, from 0 to 1 of the same pictures, that some frames of a stretch have."""
LEAST_ALIKE = 0.2
"""The same for the mean of a stretch: below, no order makes it count."""
STRETCHES = 8
"""Most stretches of one pair: one video may hold several parts of another."""
LEAST_FRAMES = 3
"""Fewest frames of a stretch, but for shorter videos."""
GAP_S = 1.6
"""A stretch goes on over unlike frames for so long, or for one frame where these are farther apart:
a cut between two samples gives one."""
MOST_RANKED = 256
"""Frames of which different directions are counted."""


@dataclass(frozen=True)
class Match:
    """A stretch of two videos that runs along one line."""

    line: Line
    """How the times correspond."""
    start_s: float
    """Its first instant in the one."""
    end_s: float
    """First instant after it."""
    frames: int
    """Frames of the one in it."""
    likeness: float
    """Mean cosine of the frames at the same instants, -1 to 1."""
    order: float
    """Correlation of what moves, -1 to 1; 0 where nothing does."""
    moving: float
    """Root mean square of what moves, in the video that moves less; 0 for a picture that stands."""
    turns: float
    """Number of independent changes in what moves: by how many instants `order` is known."""
    scenes: float
    """Number of different pictures: 1 for one that stands."""

    @property
    def length_s(self) -> float:
        """Seconds of the one."""
        return self.end_s - self.start_s


def _are_unlike(likeness: Vectors, background: Background) -> bool:
    """Whether too few frames have one like them in the other video for any stretch."""
    needed = background.above_accident(ALIKE)
    frames = min(LEAST_FRAMES, *likeness.shape)
    return bool(np.count_nonzero(likeness.max(axis=1) > needed) < frames)


def order_by_accident(one: Track, other: Track, background: Background) -> float:
    """The best correlation of what moves along any line, with the other played backwards.

    Backwards it shows the same pictures, which move as much and as smoothly, in an order that means
    nothing: so high a correlation comes by searching for the best line. Where two videos correlate
    better backwards than forwards, one is the other backwards.
    """
    end_s = other.times_s[-1]
    turned = Track(end_s - other.times_s[::-1], np.ascontiguousarray(other.frames[::-1]))
    found = matches(one, turned, background, most=1)
    return max((each.order for each in found), default=0.0)


@dataclass
class _Free:
    """Which frames of two videos are in no stretch yet."""

    ours: NDArray[np.bool_]
    theirs: NDArray[np.bool_]

    @property
    def fewest(self) -> int:
        return int(min(np.count_nonzero(self.ours), np.count_nonzero(self.theirs)))

    def take(self, match: Match, one: Track, other: Track) -> None:
        """Take out the frames of a stretch."""
        start_s, end_s = match.line.other_s(np.array([match.start_s, match.end_s]))
        self.ours &= (one.times_s < match.start_s) | (one.times_s >= match.end_s)
        self.theirs &= (other.times_s < start_s) | (other.times_s >= end_s)


def matches(one: Track, other: Track, background: Background, most: int = STRETCHES) -> list[Match]:
    """The stretches that two videos may share, the surest first; no instant is in two."""
    likeness = one.frames @ other.frames.T
    found: list[Match] = []
    if _are_unlike(likeness, background):
        return []
    motion = one.motion @ other.motion.T
    free = _Free(np.ones(len(one.times_s), bool), np.ones(len(other.times_s), bool))
    for _ in range(most):
        votes = Votes(np.where(free.ours[:, None] & free.theirs, likeness, -np.inf), motion)
        best = _best_match(one, other, votes, free, background)
        if best is None:
            break
        found.append(best)
        free.take(best, one, other)
        if free.fewest < LEAST_FRAMES:
            break
    return found


@dataclass(frozen=True)
class _Run:
    """Frames along a line that stay alike."""

    line: Line
    rows: NDArray[np.intp]
    """Of the one video."""
    nearest: NDArray[np.intp]
    """Of the other, at the same instants."""
    there: Vectors
    """The other's frames at the same instants."""
    likeness: float


def _best_match(
    one: Track, other: Track, votes: Votes, free: _Free, background: Background
) -> Match | None:
    """The likeliest of the stretches along all lines; it alone is measured in full."""
    least = background.alike
    best: tuple[float, _Run] | None = None
    for line in likely_lines(one, other, votes, least, LINES):
        line = refined(line, one, other, votes.likeness, least)
        for run in _along(line, one, other, free, background):
            order = max(_order_of_nearest(run, one, other, votes.motion), 0.0)
            weight = len(run.rows) * (run.likeness - least) * (UNORDERED + order**2)
            weight *= 1.0 if abs(line.speed - 1) < SAME_SPEED else OTHER_SPEED
            if best is None or weight > best[0]:
                best = weight, run
    if best is None:
        return None
    run = best[1]
    return _match(run.line, one, run.rows, run.there, run.likeness)


def _order_of_nearest(run: _Run, one: Track, other: Track, motion: Vectors) -> float:
    """The correlation of what moves, by the nearest frames: nearly that between two samples."""
    energy = float(one.moved[run.rows].sum()) * float(other.moved[run.nearest].sum())
    return float(motion[run.rows, run.nearest].sum() / max(np.sqrt(energy), 1e-9))


def _along(line: Line, one: Track, other: Track, free: _Free, background: Background) -> list[_Run]:
    """The stretches along one line."""
    inside, there = other.at(line.other_s(one.times_s))
    nearest = other.nearest(line.other_s(one.times_s))
    at = np.flatnonzero(inside & free.ours & free.theirs[nearest])
    if not len(at):
        return []
    scores = np.einsum("nd,nd->n", one.frames[at], there[at])
    needed = min(LEAST_FRAMES, len(one.times_s), len(other.times_s))
    found = []
    for first, last in _runs(scores, one.times_s[at], background.alike):
        rows, likeness = at[first:last], float(scores[first:last].mean())
        if len(rows) >= needed and likeness > background.above_accident(LEAST_ALIKE):
            found.append(_Run(line, rows, nearest[rows], there[rows], likeness))
    return found


def _runs(scores: Vectors, times_s: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """First and last (not included) of the runs in which frames stay alike."""
    smooth = np.convolve(np.pad(scores, 1, mode="edge"), np.full(3, 1 / 3), "valid")
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    gap_s = max(GAP_S, 2.2 * step_s)
    runs: list[list[int]] = []
    for each in np.flatnonzero(smooth > least).tolist():
        if runs and times_s[each] - times_s[runs[-1][1]] <= gap_s:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return [(first, last + 1) for first, last in runs]


def _match(
    line: Line, one: Track, rows: NDArray[np.intp], there: Vectors, likeness: float
) -> Match:
    here = one.frames[rows]
    step_s = float(np.median(np.diff(one.times_s))) if len(one.times_s) > 1 else 0.5
    order, moving, turns = 0.0, 0.0, 0.0
    borders = shot_windows(here)
    ours, theirs = without_means(here, borders), without_means(there, borders)
    energy = np.sqrt(np.sum(ours**2) * np.sum(theirs**2))
    if energy > 0:
        order = float(np.sum(ours * theirs) / energy)
        moving = float(np.sqrt(min(np.sum(ours**2), np.sum(theirs**2)) / len(rows)))
        turns = min(_rank(ours), _rank(theirs))
    times_s = one.times_s[rows]
    return Match(
        line,
        float(times_s[0] - step_s / 2),
        float(times_s[-1] + step_s / 2),
        len(rows),
        likeness,
        order,
        moving,
        turns,
        min(_rank(here), _rank(there)),
    )


def _rank(rows: Vectors) -> float:
    """Effective number of different directions among some rows, by their energy.

    The participation ratio (sum of eigenvalues)^2 / (sum of their squares) of the Gram matrix.
    """
    some = rows[:: max(1, len(rows) // MOST_RANKED)]
    gram = some @ some.T
    squares = float(np.sum(gram.astype(np.float64) ** 2))
    return 0.0 if squares < 1e-12 else float(np.trace(gram)) ** 2 / squares
