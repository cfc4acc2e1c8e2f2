"""Lines that lie in what may be found: in clips that pass a condition, in nothing withheld."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from data.arrays import Ids
from indexer.search.hits.shown import Shown
from indexer.search.view import View
from indexer.search.words.found import FoundWords

Find = Callable[[int], tuple[list[FoundWords] | None, tuple[str, ...]]]
"""Finds lines for so many wanted hits, and says what went wrong."""


def find_in_clips(
    find: Find, view: View, shown: Shown, k: int
) -> tuple[list[FoundWords] | None, tuple[str, ...]]:
    """Lines that may be found: more and more are looked at until k videos have one.

    Args:
        find: What finds lines, in clips or not.
        view: Knows where clips lie.
        shown: What may be found.
        k: Hits that are wanted.
    """
    found, warnings = find(k)
    if found is None or (shown.clips is None and not shown.not_shown):
        return found, warnings
    wanted = k
    while True:
        inside = _shown(found, view, shown)
        if len({line.video_id for line in inside}) >= k:
            return inside, warnings
        wanted *= 4
        more, _ = find(wanted)
        if more is None or len(more) <= len(found):
            return inside, warnings
        found = more


def _shown(found: list[FoundWords], view: View, shown: Shown) -> list[FoundWords]:
    """The name of a video stands for all of it."""
    if shown.not_shown:
        found = [each for each in found if not _is_withheld(each, shown)]
    return found if shown.clips is None else _overlapping(found, view, shown.clips)


def _is_withheld(each: FoundWords, shown: Shown) -> bool:
    start_s, end_s = each.line.start_s, each.line.end_s
    if each.is_whole:
        start_s, end_s = 0.0, math.inf
    return shown.not_shown.why(each.video_id, start_s, end_s) is not None


def _overlapping(found: list[FoundWords], view: View, clips: Ids) -> list[FoundWords]:
    rows = view.rows_of(np.unique(np.array([line.video_id for line in found], np.int64)))
    table = view.clips(rows)
    allowed = np.isin(table.ids, clips)
    spans: dict[int, list[int]] = {}
    for place in np.flatnonzero(allowed).tolist():
        spans.setdefault(int(table.video_ids[place]), []).append(place)
    return [
        line
        for line in found
        if _overlaps(line, table.starts_s, table.ends_s, spans.get(line.video_id, []))
    ]


def _overlaps(
    line: FoundWords,
    starts_s: NDArray[np.float64],
    ends_s: NDArray[np.float64],
    places: list[int],
) -> bool:
    """Whether a line, which may be an instant, lies in one of some clips at least in part."""
    at = np.array(places, np.intp)
    begin_s, end_s = line.line.start_s, max(line.line.end_s, line.line.start_s + 1e-3)
    return bool(((starts_s[at] < end_s) & (ends_s[at] > begin_s)).any())
