"""Alerts: stretches of a video in which clips are odd, and how often they come where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.oddities.unlike import Clips, Doubles


@dataclass(frozen=True)
class Alert:
    """Adjacent odd clips of one video."""

    video_id: int
    """Its video."""
    start_s: float
    """Where the first of the clips begins."""
    end_s: float
    """Where the last ends."""
    score: float
    """Of its oddest clip."""
    row: int
    """Which of the clips that is."""


def alerts(clips: Clips, scores: Doubles, threshold: float) -> list[Alert]:
    """The stretches whose clips score at least the threshold, the oddest first.

    Clips of one video that overlap or touch are one stretch. A clip without a score (nan) is none.
    """
    found: list[Alert] = []
    order = np.lexsort((clips.starts_s, clips.videos))
    for row in order[scores[order] >= threshold].tolist():
        video_id, start_s = int(clips.videos[row]), float(clips.starts_s[row])
        end_s, score = float(clips.ends_s[row]), float(scores[row])
        last = found[-1] if found else None
        if last is not None and last.video_id == video_id and start_s <= last.end_s:
            best = (score, row) if score > last.score else (last.score, last.row)
            end_s = max(end_s, last.end_s)
            found[-1] = Alert(video_id, last.start_s, end_s, *best)
        else:
            found.append(Alert(video_id, start_s, end_s, score, row))
    return sorted(found, key=lambda each: (-each.score, each.video_id, each.start_s))


def hours(clips: Clips) -> float:
    """How long some clips are together, in hours; where they overlap counts once."""
    total_s = 0.0
    for video_id in np.unique(clips.videos).tolist():
        mine = clips.videos == video_id
        spans = sorted(zip(clips.starts_s[mine].tolist(), clips.ends_s[mine].tolist(), strict=True))
        covered_s = float("-inf")
        for start_s, end_s in spans:
            total_s += max(0.0, end_s - max(start_s, covered_s))
            covered_s = max(covered_s, end_s)
    return total_s / 3600


def quiet_threshold(quiet: Clips, scores: Doubles, per_hour: float) -> float:
    """The lowest threshold at which a stretch where nothing happens gives few enough alerts.

    It is just above one of their scores, so what is as odd as a quiet clip raises no alert.

    Args:
        quiet: Clips where nothing happens.
        scores: Theirs.
        per_hour: Alerts an hour that are allowed; 0 allows none.
    """
    most = per_hour * hours(quiet)
    chosen = float("inf")
    for value in _above_each(scores):
        if len(alerts(quiet, scores, value)) > most:
            # With a lower threshold alerts may join and be fewer, but that is no quieter.
            break
        chosen = value
    return chosen


def _above_each(scores: Doubles) -> Sequence[float]:
    known: NDArray[np.float64] = np.unique(scores[np.isfinite(scores)])[::-1]
    return [float(np.nextafter(value, np.inf)) for value in known.tolist()]
