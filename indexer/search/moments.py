"""From scored clips to moments: clips of one video that touch and match alike become one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


def as_moments(clips: Iterable[ScoredClip]) -> list[Moment]:
    """One moment per clip, the best first."""
    ranked = sorted(clips, key=_rank)
    return [Moment(c.video_id, c.start_s, c.end_s, c.score, (c.clip_id,)) for c in ranked]


def merge_clips(clips: Iterable[ScoredClip], *, background: float) -> list[Moment]:
    """Merge what overlaps or touches within one video, the best moment first.

    A moment grows from its best clip to both sides over touching clips that score nearly as well
    (`JOIN_SHARE` of the lead over `background`). Weaker clips that touch it neither
    widen it nor become moments themselves, so no two moments of one video touch.

    Args:
        clips: Candidates of any number of videos, in any order.
        background: The score of clips that do not match.
    """
    by_video: dict[int, list[ScoredClip]] = {}
    for clip in clips:
        by_video.setdefault(clip.video_id, []).append(clip)
    moments = [m for each in by_video.values() for m in _merge_video(each, background)]
    return sorted(moments, key=lambda m: (-m.score, m.video_id, m.start_s))


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
