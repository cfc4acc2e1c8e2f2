"""Which frames are wanted, and which packets must be decoded to have them.

The plan comes from packet times alone. A plan that drops too few packets costs only time; that it
never drops too many is tested on the same clip in many encodings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.video.decoders.demuxing.packets import PacketTable
from data.video.types import HELD_S

DENSE_SLACK = 1.05
"""Largest mean distance of key frames, in sampling steps, at which they serve as the samples: 60
fps files with a key frame every 0.5005 s are as dense as 2 samples per second."""
WIDEST_KEY_GAP = 2.0
"""No two key frames of a dense stream may be further apart than this many sampling steps."""
NEAR_KEY = 0.1
"""A key frame this near to the wanted time, in sampling steps, is the sample, with its own time:
it saves decoding a whole group for a frame beside the next key frame."""
ROUNDING_S = 1e-6


@dataclass(frozen=True)
class SamplePlan:
    """The samples of one video and the packets that they need."""

    times_s: NDArray[np.float64]
    """(k,) ascending: when each sample is shown."""
    pts: NDArray[np.int64]
    """(k,) time stamps of the frames to deliver, not descending."""
    is_sent: NDArray[np.bool_]
    """(n,) packets to decode."""
    is_wanted: NDArray[np.bool_]
    """(n,) packets whose frame is a sample."""


def held_s(fps: float) -> float:
    """Longest time for which one picture is sampled, at `fps` samples per second."""
    return max(HELD_S, 1 / fps)


def steps_until(length_s: float, fps: float) -> int:
    """How many of the moments k / fps lie before `length_s`."""
    return max(0, int(np.ceil(length_s * fps - ROUNDING_S)))


def moments(
    begins_s: NDArray[np.float64], *, start_s: float, end_s: float, fps: float
) -> NDArray[np.float64]:
    """The moments start_s + k / fps before end_s at which there is something new to see.

    Their number is bounded by the pictures: none lies more than `held_s` after the picture shown
    then began (or the range, where that is later), or a whole step before the first picture. There
    is at least one.

    Args:
        begins_s: (n,) ascending, n >= 1: when each picture begins.
        start_s: First moment.
        end_s: End of the range.
        fps: Moments per second.
    """
    first = max(0, int(np.searchsorted(begins_s, start_s, side="right")) - 1)
    last = max(first + 1, int(np.searchsorted(begins_s, end_s)))
    begins = np.maximum(begins_s[first:last], start_s)
    until = np.minimum(np.r_[begins[1:], max(end_s, begins[-1])], begins + held_s(fps))
    stops = np.flatnonzero(until[:-1] < begins[1:])
    runs = zip(
        np.r_[max(start_s, begins[0] - 1 / fps + ROUNDING_S), begins[stops + 1]],
        np.r_[until[stops], until[-1]],
        strict=True,
    )
    steps = [
        np.arange(steps_until(run_s - start_s, fps), steps_until(stop_s - start_s, fps))
        for run_s, stop_s in runs
    ]
    found: NDArray[np.float64] = start_s + np.concatenate(steps) / fps
    return found if len(found) else begins[:1]


def plan_samples(table: PacketTable, *, start_s: float, end_s: float, fps: float) -> SamplePlan:
    """Plan a table with times: for each moment the last frame that begins by then.

    Args:
        table: Packets; `has_times` must hold.
        start_s: First moment, on the video's clock.
        end_s: End of the range, at most the end of the video.
        fps: Samples per second.
    """
    index = np.flatnonzero(table.is_shown)
    order = index[np.argsort(table.pts[index], kind="stable")]
    begins_s = table.pts[order].astype(np.float64) * table.tick_s - table.zero_s
    moments_s = moments(begins_s, start_s=start_s, end_s=end_s, fps=fps)
    place = np.maximum(np.searchsorted(begins_s, moments_s + ROUNDING_S, side="right") - 1, 0)
    place, times_s = _prefer_keys(table.is_key[order], begins_s, place, moments_s, fps)
    wanted = np.zeros(len(table.pts), dtype=bool)
    wanted[order[place]] = True
    return SamplePlan(times_s, table.pts[order[place]], sent_for(table, wanted), wanted)


def plan_between(table: PacketTable, *, start_s: float, end_s: float) -> SamplePlan:
    """Plan every frame shown within a range: the one on screen at its start, and all that follow.

    Args:
        table: Packets; `has_times` must hold.
        start_s: Start of the range, on the video's clock.
        end_s: End of the range, not included.
    """
    index = np.flatnonzero(table.is_shown)
    order = index[np.argsort(table.pts[index], kind="stable")]
    begins_s = table.pts[order].astype(np.float64) * table.tick_s - table.zero_s
    first = max(0, int(np.searchsorted(begins_s, start_s + ROUNDING_S, side="right")) - 1)
    after = max(first + 1, int(np.searchsorted(begins_s, end_s - ROUNDING_S)))
    wanted = np.zeros(len(table.pts), dtype=bool)
    wanted[order[first:after]] = True
    pts = table.pts[order[first:after]]
    return SamplePlan(begins_s[first:after], pts, sent_for(table, wanted), wanted)


def _prefer_keys(
    is_key: NDArray[np.bool_],
    begins_s: NDArray[np.float64],
    place: NDArray[np.intp],
    moments_s: NDArray[np.float64],
    fps: float,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Move samples to key frames that are near enough, with the key frames' own times."""
    keys = np.flatnonzero(is_key)
    if not len(keys):
        return place, moments_s
    reach_s = (
        0.5 * WIDEST_KEY_GAP if _is_dense(begins_s, keys, moments_s, fps) else NEAR_KEY
    ) / fps
    after = np.clip(np.searchsorted(begins_s[keys], moments_s), 0, len(keys) - 1)
    before = np.maximum(after - 1, 0)
    to_after = np.abs(begins_s[keys[after]] - moments_s)
    to_before = np.abs(begins_s[keys[before]] - moments_s)
    nearest = keys[np.where(to_after < to_before, after, before)]
    key_s = begins_s[nearest]
    inside = (key_s >= moments_s[0] - ROUNDING_S) & (np.abs(key_s - moments_s) <= reach_s)
    moved = inside & ~is_key[place]
    place = np.where(moved, nearest, place)
    times_s = np.where(moved, key_s, moments_s)
    fresh = np.r_[True, (np.diff(times_s) > ROUNDING_S)]
    return place[fresh], times_s[fresh]


def _is_dense(
    begins_s: NDArray[np.float64],
    keys: NDArray[np.intp],
    moments_s: NDArray[np.float64],
    fps: float,
) -> bool:
    first = max(0, int(np.searchsorted(begins_s[keys], moments_s[0], side="right")) - 1)
    last = int(np.searchsorted(begins_s[keys], moments_s[-1] + 1 / fps, side="right"))
    borders_s = np.r_[begins_s[keys[first:last]], moments_s[-1] + 1 / fps]
    if len(borders_s) < 4:
        return False
    gaps = np.diff(borders_s) * fps
    return bool(gaps[:-1].mean() <= DENSE_SLACK and gaps.max() <= WIDEST_KEY_GAP)


def sent_for(table: PacketTable, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Packets to decode: of each group that begins with a key frame, up to its last wanted frame.

    Frames of an open group that are shown before its key frame need the group before it as well.
    """
    n = len(table.pts)
    sent = np.zeros(n, dtype=bool)
    starts = np.flatnonzero(table.is_key)
    if not len(starts):
        return np.ones(n, dtype=bool)
    sent[: starts[0]] = wanted[: starts[0]].any()
    borders = np.r_[starts, n]
    whole = False
    for group in range(len(starts) - 1, -1, -1):
        first, end = int(borders[group]), int(borders[group + 1])
        hits = np.flatnonzero(wanted[first:end])
        if not whole and not len(hits):
            continue
        stop = end if whole else first + int(hits[-1]) + 1
        leading = table.pts[first:stop] < table.pts[first]
        needs_before = bool((leading & wanted[first:stop]).any())
        sent[first:stop] = True if needs_before else ~leading
        whole = needs_before
    return sent
