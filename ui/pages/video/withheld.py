"""What moderation does not show of a video, as the player is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from data.catalogue import Video
from data.review.withheld import Stretch
from ui.library.library import Library


def not_shown(library: Library, video: Video, *, is_owner: bool) -> dict[str, Any]:
    """Stretches that are `withheld`, so that the video is not played, and those that are `blurred`.

    Viewers are not told of rules.
    """
    now = library.reviews.withholding.now()
    return {
        "withheld": _told(now.stretches.get(video.id, ()), is_owner=is_owner),
        "blurred": _told(now.blurred.get(video.id, ()), is_owner=is_owner),
    }


def _told(stretches: Iterable[Stretch], *, is_owner: bool) -> list[dict[str, Any]]:
    return [
        {
            "case": each.case_id,
            "start_s": each.start_s,
            "end_s": each.end_s,
            "rule": each.rule if is_owner else "",
            "decided": each.decided,
        }
        for each in stretches
    ]
