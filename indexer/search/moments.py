"""From scored clips to moments: clips of one video that touch and match alike become one."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.arrays import Mask
from data.catalogue import ClipTable

TOUCH_S = 1e-3
"""Clips whose borders are this close touch: frame times are rounded."""

JOIN_SHARE = 0.75
"""A clip joins the moment it touches with this share of the peak's lead over the background."""

JOIN_WITHIN = 0.02
"""Clips that score within this of the peak always join: the difference means nothing."""


@dataclass(frozen=True)
class ScoredClip:
    """A clip and its score for one query."""

    clip_id: int
    """Permanent id of the clip."""
    video_id: int
    """The video it is cut from."""
    start_s: float
    """First instant."""
    end_s: float
    """First instant after it."""
    score: float
    """Higher is better; cosine, -1 to 1."""


@dataclass(frozen=True)
class Moment:
    """A stretch of a video that matches: one or more adjacent clips."""

    video_id: int
    """The video."""
    start_s: float
    """First instant."""
    end_s: float
    """First instant after it."""
    score: float
    """Score of its best clip."""
    clip_ids: tuple[int, ...]
    """The clips that make it up, the best first."""


@dataclass(frozen=True)
class ScoredClips:
    """Clips of any number of videos, in any order, and their scores: columns, as there are many."""

    table: ClipTable
    """The n clips."""
    scores: NDArray[np.float64]
    """(n,) the score of each."""

    def at(self, places: NDArray[np.intp]) -> list[ScoredClip]:
        """The clips at some places, in their order."""
        table = self.table
        columns = (table.ids, table.video_ids, table.starts_s, table.ends_s, self.scores)
        values = zip(*(column[places].tolist() for column in columns), strict=True)
        return [ScoredClip(*row) for row in values]

    def of_best_videos(self, n: int) -> "ScoredClips":
        """Those of the n videos whose best clips score highest."""
        chosen = self.table.video_ids[self.best_first()]
        _, firsts = np.unique(chosen, return_index=True)
        videos = chosen[np.sort(firsts)[:n]]
        return self._only(np.isin(self.table.video_ids, videos))

    def scored_anew(self, scores: NDArray[np.float64]) -> "ScoredClips":
        """The same clips with other scores (n,)."""
        return replace(self, scores=scores)

    def best_first(self) -> NDArray[np.intp]:
        """Places by falling score; of equal ones in the order of videos, times and ids."""
        table = self.table
        return np.lexsort((table.ids, table.starts_s, table.video_ids, -self.scores))

    def _only(self, chosen: Mask) -> "ScoredClips":
        table = self.table
        kept = ClipTable(
            table.ids[chosen],
            table.video_ids[chosen],
            table.starts_s[chosen],
            table.ends_s[chosen],
        )
        return ScoredClips(kept, self.scores[chosen])


def as_moments(clips: ScoredClips) -> Iterator[Moment]:
    """One moment per clip, the best first."""
    for c in clips.at(clips.best_first()):
        yield Moment(c.video_id, c.start_s, c.end_s, c.score, (c.clip_id,))


def merge_clips(clips: ScoredClips, *, background: float) -> Iterator[Moment]:
    """Merge what overlaps or touches within one video, the best moment first.

    A moment grows from its best clip to both sides over touching clips that score nearly as well
    (`JOIN_SHARE` of the lead over `background`). Weaker clips that touch it neither
    widen it nor become moments themselves, so no two moments of one video touch.

    A video is merged when the moment of its best clip is next: who takes few moments of many
    videos does not wait for the rest.

    Args:
        clips: Candidates of any number of videos, in any order.
        background: The score of clips that do not match.
    """
    waiting: list[tuple[float, int, float, Moment]] = []
    for best, video_id, places in _videos_best_first(clips):
        while waiting and waiting[0][:2] < (-best, video_id):
            yield heapq.heappop(waiting)[-1]
        for m in _merge_video(clips.at(places), background):
            heapq.heappush(waiting, (-m.score, m.video_id, m.start_s, m))
    while waiting:
        yield heapq.heappop(waiting)[-1]


def _videos_best_first(clips: ScoredClips) -> Iterator[tuple[float, int, NDArray[np.intp]]]:
    """Score of its best clip, id and places of each video; of equal ones the lower id first."""
    owners = clips.table.video_ids
    by_video = np.lexsort((-clips.scores, owners))
    ids, firsts = np.unique(owners[by_video], return_index=True)
    best = clips.scores[by_video[firsts]]
    ends = np.append(firsts[1:], len(by_video))
    for each in np.lexsort((ids, -best)).tolist():
        yield float(best[each]), int(ids[each]), by_video[firsts[each] : ends[each]]


def _merge_video(clips: Sequence[ScoredClip], background: float) -> list[Moment]:
    left = sorted(clips, key=_rank)
    moments = []
    while left:
        moment = _grow(left, background)
        moments.append(moment)
        left = [c for c in left if not _touches(c, moment.start_s, moment.end_s)]
    return moments


def _grow(ranked: Sequence[ScoredClip], background: float) -> Moment:
    """The moment around the best clip: the connected stretch of strong clips that holds it."""
    peak = ranked[0]
    needed = background + JOIN_SHARE * (peak.score - background)
    needed = min(needed, peak.score - JOIN_WITHIN)
    strong = sorted((c for c in ranked if c.score >= needed), key=lambda c: c.start_s)
    start_s, end_s = strong[0].start_s, strong[0].end_s
    members: list[ScoredClip] = []
    for clip in strong:
        if not _touches(clip, start_s, end_s):
            if peak in members:
                break
            members, start_s, end_s = [], clip.start_s, clip.end_s
        members.append(clip)
        end_s = max(end_s, clip.end_s)
    ids = tuple(c.clip_id for c in sorted(members, key=_rank))
    return Moment(peak.video_id, start_s, end_s, peak.score, ids)


def _touches(clip: ScoredClip, start_s: float, end_s: float) -> bool:
    return clip.start_s <= end_s + TOUCH_S and clip.end_s >= start_s - TOUCH_S


def _rank(clip: ScoredClip) -> tuple[float, int, float, int]:
    return (-clip.score, clip.video_id, clip.start_s, clip.clip_id)


def iou(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Intersection over union of two stretches of time (start_s, end_s), 0 to 1."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    either = max(one[1], other[1]) - min(one[0], other[0])
    return max(both, 0.0) / either if either > 0 else 0.0
