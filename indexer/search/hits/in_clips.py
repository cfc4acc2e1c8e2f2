"""Lines that lie in clips which may be found, where a condition is on what heads say of clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from data.arrays import Ids
from indexer.search.view import View
from indexer.search.words.found import FoundWords

Find = Callable[[int], tuple[list[FoundWords] | None, tuple[str, ...]]]
"""Finds lines for so many wanted hits, and says what went wrong."""


def find_in_clips(
    find: Find, view: View, clips: Ids | None, k: int
) -> tuple[list[FoundWords] | None, tuple[str, ...]]:
    """Lines that overlap some clips: more and more are looked at until k videos have one.

    Args:
        find: What finds lines, in clips or not.
        view: Knows where clips lie.
        clips: Ids of the clips, ascending; None for all.
        k: Hits that are wanted.
    """
    found, warnings = find(k)
    if found is None or clips is None:
        return found, warnings
    wanted = k
    while True:
        inside = _overlapping(found, view, clips)
        if len({line.video_id for line in inside}) >= k:
            return inside, warnings
        wanted *= 4
        more, _ = find(wanted)
        if more is None or len(more) <= len(found):
            return inside, warnings
        found = more


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
