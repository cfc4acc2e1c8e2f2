"""Which frame of a video stands for it on cards, and whether that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from data.catalogue import Video

if TYPE_CHECKING:
    from data.review.withheld import NotShown

Withheld = Literal["none", "part", "picture"]
"""What moderation keeps back: nothing; a part and so the file; also the picture of the card."""


def picture_s(video: Video) -> float:
    """Its time: a third into the video, where openings are over."""
    return round(video.duration_s / 3, 2)


def withheld_of(video: Video, not_shown: NotShown) -> Withheld:
    """What of a video is kept back."""
    if video.id not in not_shown.stretches:
        return "none"
    at_s = picture_s(video)
    return "part" if not_shown.why(video.id, at_s, at_s) is None else "picture"
