"""What a card shows of a video: shared by search results, shelves and the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.catalogue import Video
from data.printable import printable
from data.review.withheld import NOTHING, NotShown
from indexer.search.result import Hit, Match
from ui.library.documents import is_gone
from ui.library.pictured import picture_s, withheld_of
from ui.library.playable import is_playable

Card = dict[str, Any]
LEAST_S = 1.0
"""Shortest moment that is shown."""
LINES_SHOWN = 2
_ROUNDED = 3


def card_of(
    video: Video,
    *,
    shows_path: bool = True,
    hits: Sequence[Hit] = (),
    not_shown: NotShown = NOTHING,
) -> Card:
    """A card.

    Args:
        video: The video.
        shows_path: Whether the visitor may see where the file lies.
        hits: Its moments, the best first; none for the video as a whole.
        not_shown: What moderation keeps back.
    """
    title = printable(hits[0].title if hits else video.title)
    name = video.path.name
    where = [printable(video.path.parent.name), f"{video.recorded_at:%Y-%m-%d}"]
    if _words_of(title) != _words_of(video.path.stem):
        where.append(printable(name))
    return {
        "id": str(video.id),
        "title": title,
        "where": " · ".join(filter(None, where)),
        "path": str(video.path) if shows_path else None,
        "duration_s": round(video.duration_s, _ROUNDED),
        "plays": is_playable(video),
        "picture_s": picture_s(video),
        "gone": is_gone(video.path),
        "withheld": withheld_of(video, not_shown),
        "moments": moments_of(hits, video.duration_s),
    }


def _words_of(text: str) -> str:
    """The letters and digits alone: `panda_007` says the same as "panda 007"."""
    return "".join(each for each in text.casefold() if each.isalnum())


def moments_of(hits: Iterable[Hit], duration_s: float) -> list[Card]:
    """The moments of one video, the best first and the others in time order.

    What touches or overlaps is one moment, and none is shorter than `LEAST_S`.
    """
    best_first: list[Card] = []
    for hit in hits:
        start_s, end_s = _at_least(hit.start_s, hit.end_s, duration_s)
        same = next((each for each in best_first if _touch(each, start_s, end_s)), None)
        if same is None:
            best_first.append(_moment(hit, start_s, end_s))
        else:
            same["start_s"] = round(min(same["start_s"], start_s), _ROUNDED)
            same["end_s"] = round(max(same["end_s"], end_s), _ROUNDED)
    return best_first[:1] + sorted(best_first[1:], key=lambda each: each["start_s"])


def _at_least(start_s: float, end_s: float, duration_s: float) -> tuple[float, float]:
    missing_s = LEAST_S - (end_s - start_s)
    if missing_s <= 0:
        return start_s, end_s
    start_s = max(0.0, min(start_s - missing_s / 2, duration_s - LEAST_S))
    return start_s, min(start_s + LEAST_S, max(duration_s, end_s))


def _touch(moment: Mapping[str, Any], start_s: float, end_s: float) -> bool:
    return bool(start_s <= moment["end_s"] and moment["start_s"] <= end_s)


def _moment(hit: Hit, start_s: float, end_s: float) -> Card:
    return {
        "start_s": round(start_s, _ROUNDED),
        "end_s": round(end_s, _ROUNDED),
        # A frame from inside the moment says more than the one at the cut.
        "picture_s": round((2 * hit.start_s + hit.end_s) / 3, 2),
        "score": round(hit.score, 4),
        "relevance": round(hit.relevance, 4),
        "why": [_why(match) for match in hit.matched if _is_told(match)][: LINES_SHOWN + 1],
        "steps": [{"text": step.text, "start_s": round(step.start_s, 2)} for step in hit.steps],
    }


def _is_told(match: Match) -> bool:
    return match.is_shown or not match.text


def _why(match: Match) -> Card:
    return {
        "channel": str(match.channel),
        "text": printable(match.text),
        "marks": [list(mark) for mark in match.marks],
        "start_s": round(match.start_s, 2),
    }


def copies_of(hit: Hit) -> Card:
    """How many other places have the same, and where, for the tooltip."""
    places: list[Path] = [copy.path for copy in hit.copies]
    return {"copies": len(places), "copies_at": "\n".join(printable(str(each)) for each in places)}
