"""Clips that a rule found, and the stretches that they form: one case each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Ids
from data.review.finding import Finding

TOUCH_S = 0.05
"""Clips that are closer than this are one stretch."""
LONGEST_S = 60.0
"""A case does not grow beyond this: a person decides on what can be seen at once."""
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class FoundClips:
    """Clips from the threshold on."""

    video_ids: Ids
    """(n,) their videos."""
    starts_s: Doubles
    """(n,) where they begin."""
    ends_s: Doubles
    """(n,) where they end."""
    scores: Doubles
    """(n,) how sure the rule is of each."""

    def where(self, kept: NDArray[np.bool_]) -> FoundClips:
        """Some of them."""
        return FoundClips(
            self.video_ids[kept], self.starts_s[kept], self.ends_s[kept], self.scores[kept]
        )


NO_CLIPS = FoundClips(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


def stretches(clips: FoundClips) -> list[Finding]:
    """Clips of a video that touch or overlap as one stretch each, which has the highest score.

    A stretch ends where it would become longer than `LONGEST_S`.
    """
    order = np.lexsort((clips.starts_s, clips.video_ids))
    columns = (clips.video_ids, clips.starts_s, clips.ends_s, clips.scores)
    found: list[Finding] = []
    for row in zip(*(column[order].tolist() for column in columns), strict=True):
        clip = Finding(*row)
        last = found[-1] if found else None
        if last is None or not _touch(last, clip):
            found.append(clip)
        elif max(last.end_s, clip.end_s) - last.start_s <= LONGEST_S:
            end_s, score = max(last.end_s, clip.end_s), max(last.score, clip.score)
            found[-1] = Finding(last.video_id, last.start_s, end_s, score)
        elif clip.end_s > last.end_s:
            # What both share is decided on once.
            start_s = max(clip.start_s, last.end_s)
            found.append(Finding(clip.video_id, start_s, clip.end_s, clip.score))
    return found


def _touch(last: Finding, clip: Finding) -> bool:
    return last.video_id == clip.video_id and clip.start_s <= last.end_s + TOUCH_S
