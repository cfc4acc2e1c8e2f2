"""Where two videos may run side by side: a vote of alike frames over speed and offset.

Frames i of one and j of the other that are alike vote for every line t_j = speed * t_i + offset
that they lie on (Hough 1962; Duda and Hart, CACM 15, 1972). There are two votes. One is by how
alike the frames are. The other is by what moves: each frame less the mean of its shot around it, so
that votes for the wrong instants of the same place are as often against a line as for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.patterns import patterns_in_all_ways

Vectors = NDArray[np.float32]
Times = NDArray[np.float64]

SPEEDS = np.unique(np.concatenate([np.geomspace(0.5, 2.0, 41), [1.0, 24 / 25, 25 / 24]]))
"""Speeds that are tried: from half to twice, in steps of 3.5 %, and that of films on television."""
BIN_S = 0.5
"""Offsets this close get one vote: about one step between samples."""
OTHER_SPEED = 0.9
"""Votes of another speed than 1 count this much: there are many of them, and 1 is usual."""
PER_FRAME = 8
"""Most votes of one frame where the other video is long: its most alike frames."""
PAIRS = 200_000
"""Pairs of frames up to which all are looked at."""
VOTERS = 2000
"""Most votes: those of the most alike frames."""
WINDOW = 8
"""Frames of a shot whose mean is taken off at once: four seconds."""
CUT = 0.5
"""A cosine that falls by more than this from one sample to the next is a cut."""
REFINED = 2
"""Rounds in which a line is fitted to the frames beside it."""
BESIDE_S = 1.0
"""How far from a line the best frame is looked for, in seconds of the other video."""


@dataclass(frozen=True)
class Track:
    """The frames of one video in time."""

    times_s: Times
    """(n,) ascending."""
    frames: Vectors
    """(n, d) float32 unit rows, less what all frames of the library have in common."""
    small: NDArray[np.uint8] | None = None
    """(n, 256) small pictures of them; None where none are stored."""

    @cached_property
    def motion(self) -> Vectors:
        """(n, d) what moves: each frame less the mean of those around it in its shot."""
        return without_means(self.frames, shot_windows(self.frames))

    @cached_property
    def moved(self) -> Vectors:
        """(n,) how much moves in each frame: squared length of `motion`."""
        return np.asarray(np.einsum("nd,nd->n", self.motion, self.motion), np.float32)

    def thinned(self, step: int) -> Track:
        """Every so many frames of it."""
        if step == 1:
            return self
        small = None if self.small is None else self.small[::step]
        return Track(self.times_s[::step], self.frames[::step], small)

    def looks(self, most: int) -> Vectors:
        """(ways, n, 55) patterns of at most so many small pictures, in each way of looking."""
        if self.small is None:
            raise ValueError("this video has no small pictures")
        return patterns_in_all_ways(self.small[:: max(1, -(-len(self.small) // most))])

    def nearest(self, times_s: Times) -> NDArray[np.intp]:
        """(m,) the frames nearest to some instants."""
        after = np.clip(np.searchsorted(self.times_s, times_s), 1, max(1, len(self.times_s) - 1))
        after = np.minimum(after, len(self.times_s) - 1)
        before = np.maximum(after - 1, 0)
        is_after = self.times_s[after] - times_s < times_s - self.times_s[before]
        return np.where(is_after, after, before)

    def at(self, times_s: Times) -> tuple[NDArray[np.bool_], Vectors]:
        """Which instants lie in this video, and (m, d) frames then: linear between two samples."""
        first_s, last_s = self.times_s[0], self.times_s[-1]
        step_s = (last_s - first_s) / max(1, len(self.times_s) - 1)
        inside = (times_s >= first_s - step_s / 2) & (times_s <= last_s + step_s / 2)
        if len(self.times_s) == 1:
            return inside, np.repeat(self.frames, len(times_s), 0)
        after = np.clip(np.searchsorted(self.times_s, times_s), 1, len(self.times_s) - 1)
        before_s, after_s = self.times_s[after - 1], self.times_s[after]
        share = np.clip((times_s - before_s) / np.maximum(after_s - before_s, 1e-9), 0.0, 1.0)
        weight = share.astype(np.float32)[:, None]
        return inside, (1 - weight) * self.frames[after - 1] + weight * self.frames[after]


@dataclass(frozen=True)
class Line:
    """How the times of two videos correspond: t_other = speed * t_one + offset_s."""

    speed: float
    """Seconds of the other video in one second of the first."""
    offset_s: float
    """Where the other is when the first begins."""

    def other_s(self, times_s: Times) -> Times:
        """The instants of the other video."""
        return np.asarray(self.speed * times_s + self.offset_s)


@dataclass(frozen=True)
class Votes:
    """What pairs of frames of two videos say, all (n, m)."""

    likeness: Vectors
    """Inner products of the frames; -inf for frames that do not vote."""
    motion: Vectors
    """Inner products of what moves in them."""


def likely_lines(one: Track, other: Track, votes: Votes, least: float, most: int) -> list[Line]:
    """The lines with the most votes, up to `most` of each vote; no two are nearly the same.

    Args:
        one: A video.
        other: Another.
        votes: Of their frames.
        least: Frames vote that are more alike than this.
        most: Number of lines of each vote.
    """
    i, j = _voters(votes.likeness, least)
    if not len(i):
        return []
    weights = np.stack([votes.motion[i, j], votes.likeness[i, j] - least]).astype(np.float64)
    offsets_s = other.times_s[j] - SPEEDS[:, None] * one.times_s[i]
    lows_s = offsets_s.min(axis=1)
    bins = ((offsets_s - lows_s[:, None]) / BIN_S).astype(np.intp)
    n_bins = int(bins.max()) + 2
    bins += n_bins * np.arange(len(SPEEDS))[:, None]
    trust = np.where(SPEEDS == 1.0, 1.0, OTHER_SPEED)[:, None]
    found: list[tuple[list[float], list[Line]]] = []
    for weight in weights:
        many = np.broadcast_to(weight, bins.shape).ravel()
        single = np.bincount(bins.ravel(), many, n_bins * len(SPEEDS)).reshape(len(SPEEDS), -1)
        pairs = trust * (single + np.pad(single[:, 1:], ((0, 0), (0, 1))))
        best = np.argpartition(-pairs, 1, axis=1)[:, :2]
        lines = [
            Line(float(SPEEDS[at]), float(lows_s[at]) + (bin_ + 1) * BIN_S)
            for at, some in enumerate(best)
            for bin_ in map(int, some)
        ]
        highest = np.take_along_axis(pairs, best, axis=1).ravel()
        found.append(([float(each) for each in highest], lines))
    middle_s = float(np.mean(one.times_s))
    kept: list[Line] = []
    for scores, lines in found:
        mine = 0
        for at in np.argsort(-np.asarray(scores), kind="stable").tolist():
            if mine < most and all(_apart(lines[at], each, middle_s) for each in kept):
                kept.append(lines[at])
                mine += 1
    return kept


def _voters(likeness: Vectors, least: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pairs of frames that vote: the most alike ones."""
    if likeness.size <= PAIRS:
        rows, columns = np.nonzero(likeness > least)
    else:
        kept = min(PER_FRAME, likeness.shape[1] - 1)
        best = np.argpartition(-likeness, kept, axis=1)[:, :kept]
        rows, columns = np.repeat(np.arange(len(likeness)), kept), best.ravel()
        alike = likeness[rows, columns] > least
        rows, columns = rows[alike], columns[alike]
    if len(rows) > VOTERS:
        strongest = np.argpartition(-likeness[rows, columns], VOTERS)[:VOTERS]
        rows, columns = rows[strongest], columns[strongest]
    return rows, columns


def _apart(line: Line, other: Line, at_s: float) -> bool:
    far_s = line.speed * at_s + line.offset_s - other.speed * at_s - other.offset_s
    return abs(far_s) > BIN_S or abs(line.speed / other.speed - 1) > 0.1


def refined(line: Line, one: Track, other: Track, likeness: Vectors, least: float) -> Line:
    """The line fitted by least squares to the most alike frames beside it; 1 stays a speed of 1."""
    for _ in range(REFINED):
        at_s = line.other_s(one.times_s)
        first = np.searchsorted(other.times_s, at_s - BESIDE_S)
        after = np.searchsorted(other.times_s, at_s + BESIDE_S, "right")
        beside = first[:, None] + np.arange(max(1, int((after - first).max())))
        inside = beside < after[:, None]
        beside = np.minimum(beside, len(other.times_s) - 1)
        values = np.where(inside, likeness[np.arange(len(beside))[:, None], beside], -np.inf)
        places = values.argmax(axis=1)
        rows = np.arange(len(places))
        best, value = beside[rows, places], values[rows, places]
        alike = value > least
        if np.count_nonzero(alike) < 2:
            return line
        x, y = one.times_s[alike], other.times_s[best[alike]]
        weight = (value[alike] - least).astype(np.float64)
        line = _fitted(line, x, y, weight)
    return line


def _fitted(line: Line, x: Times, y: Times, weight: Times) -> Line:
    mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
    if line.speed == 1.0:
        return replace(line, offset_s=float(mean_y - mean_x))
    spread = float(np.sum(weight * (x - mean_x) ** 2))
    if spread < 1e-9:
        return line
    speed = float(np.sum(weight * (x - mean_x) * (y - mean_y))) / spread
    speed = min(max(speed, line.speed * 0.98), line.speed * 1.02)
    return Line(speed, float(mean_y - speed * mean_x))


def without_means(frames: Vectors, borders: list[int]) -> Vectors:
    """(n, d) frames less the mean of their window."""
    out = frames.copy()
    for first, last in pairwise(borders):
        out[first:last] -= frames[first:last].mean(axis=0)
    return out


def shot_windows(frames: Vectors) -> list[int]:
    """Borders of windows of about `WINDOW` frames, each within one shot."""
    steps = 1.0 - np.einsum("nd,nd->n", frames[1:], frames[:-1])
    usual = float(np.median(steps)) if len(steps) else 0.0
    cuts = np.flatnonzero(steps > max(CUT, 4 * usual)) + 1
    borders = [0]
    for cut in [*cuts.tolist(), len(frames)]:
        n = max(1, round((cut - borders[-1]) / WINDOW))
        borders += np.linspace(borders[-1], cut, n + 1).round().astype(int).tolist()[1:]
    return borders
