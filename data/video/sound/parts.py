"""The clock of a sound stream: that of the video's frames, also where time stamps start anew.

The rule: sound that starts anew where the picture does keeps its distance to the picture; sound
that starts anew alone goes on where the sound before it ended.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.video.decoders.demuxing.clock import BACK_S, LEAP_S, part_starts
from data.video.decoders.demuxing.packets import NO_TIME, Part, SoundPackets

NEAR_PACKETS = 500
"""Picture and sound of one instant lie at most this far apart in a file, in packets: some seconds
of interleaving."""


def added_ticks(
    packets: SoundPackets, tick_s: float, film: tuple[Part, ...], *, is_broadcast: bool
) -> NDArray[np.int64]:
    """(n,) ticks to add to the time stamp of each packet to be on the clock of the film's table.

    Args:
        packets: Of the sound stream.
        tick_s: Seconds of one of its ticks.
        film: The parts of the picture.
        is_broadcast: Leaps ahead begin a part too, as in `clock`.
    """
    pts = np.frombuffer(packets.pts, np.int64)
    places = np.frombuffer(packets.places, np.int64)
    known = np.flatnonzero(pts != NO_TIME)
    added = np.zeros(len(pts), np.int64)
    if not len(known) or not tick_s:
        return added
    starts = part_starts(
        pts[known],
        np.ones(len(known), np.bool_),
        back=round(BACK_S / tick_s),
        leap=round(LEAP_S / tick_s) if is_broadcast else None,
    )
    rows = known[np.r_[0, starts]]
    end, at = 0, -1
    for first, after in zip(rows, [*rows[1:], len(pts)], strict=True):
        stamps = pts[first:after][pts[first:after] != NO_TIME]
        at, is_near = _film_part(film, int(places[first]), at)
        shift = round(film[at].added_s / tick_s)
        if first != rows[0] and not is_near:
            shift = end - int(stamps.min())
        added[first:after] = shift
        usual = int(np.median(np.diff(stamps))) if len(stamps) > 1 else 0
        end = int(stamps.max()) + shift + max(0, usual)
    return added


def _film_part(film: tuple[Part, ...], place: int, before: int) -> tuple[int, bool]:
    """The part of the film in which sound at this place lies, and whether it begins with it.

    Args:
        film: Its parts.
        place: Where the sound starts anew.
        before: The part of the film of the sound before; -1 for none.
    """
    near = [
        (abs(part.place - place), number)
        for number, part in enumerate(film)
        if number > before and abs(part.place - place) <= NEAR_PACKETS
    ]
    if near:
        return min(near)[1], True
    inside = [number for number, part in enumerate(film) if part.place <= place]
    return max(before, inside[-1] if inside else 0), False
