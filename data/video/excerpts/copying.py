"""A part of a file copied as it is, from the key picture before its start: fast, and not exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from data.errors import ReelwiseError
from data.video.excerpts.source import Source

TOGETHER_S = 5.0
"""Picture and sound of one instant lie at most this far apart in a file."""
EXACTLY = "cut it exactly: leave out --fast"


def copy_clip(source: Source, start_s: float, end_s: float, out: Path) -> float:
    """Copy a part without encoding it; gives the seconds by which it begins earlier.

    Raises:
        ReelwiseError: Its time stamps are none to copy by, or the container that the suffix of
            `out` names does not hold its codecs.
    """
    table = source.video.table
    name = source.video.path.name
    if not table.has_times or table.n_parts > 1:
        raise ReelwiseError(f"{name} has no time stamps to copy by", fix=EXACTLY)
    key_s = _key_before(source, start_s)
    try:
        with av.open(str(out), "w") as container:
            _copy(source, container, key_s, end_s)
    except (av.FFmpegError, ValueError) as error:
        raise ReelwiseError(
            f"{out.suffix or 'a file without suffix'} cannot hold {name} as it is: {error}",
            fix=EXACTLY,
        ) from error
    return max(0.0, start_s - key_s)


def _key_before(source: Source, start_s: float) -> float:
    """Time of the last key picture up to a time; of the first one where there is none."""
    table = source.video.table
    keys = np.sort(table.pts[table.is_key & table.is_shown]) * table.tick_s - table.zero_s
    if not len(keys):
        raise ReelwiseError(
            f"{source.video.path.name} has no key picture to begin with", fix=EXACTLY
        )
    return float(keys[max(0, int(np.searchsorted(keys, start_s + 1e-6, side="right")) - 1)])


def _last_needed(source: Source, end_s: float) -> int:
    """Time stamp of the last packet of the file, in its order, that is shown before a time."""
    table = source.video.table
    before = table.is_shown & (table.pts * table.tick_s - table.zero_s < end_s - 1e-6)
    return int(table.pts[np.flatnonzero(before)[-1]])


def _copy(source: Source, out: Any, key_s: float, end_s: float) -> None:
    """Copy the packets of the picture and of the sound that is heard between two times.

    Pictures that are shown after the end are copied where one before it is drawn from them.
    """
    video, track = source.video, source.track()
    last = _last_needed(source, end_s)
    with video.again() as container:
        pictures: Any = container.streams[video.stream.index]
        inputs: list[Any] = [pictures]
        if track is not None:
            inputs.append(container.streams[track.index])
        copies = {each.index: out.add_stream_from_template(each) for each in inputs}
        zero_s = video.table.zero_s
        container.seek(round((key_s + zero_s) / pictures.time_base), stream=pictures)
        cut = _Cut(pictures.index, key_s, end_s, last)
        for packet in container.demux(inputs):
            if packet.dts is None or packet.pts is None or not packet.size:
                continue
            source.on_progress()
            wanted = cut.wants(packet, float(packet.pts * packet.time_base) - zero_s)
            if cut.is_over:
                break
            if wanted:
                shift = round((key_s + zero_s) / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copies[packet.stream.index]
                out.mux(packet)


class _Cut:
    """Says of packets in the order of the file which belong to a part."""

    def __init__(self, picture: int, key_s: float, end_s: float, last: int) -> None:
        self.is_over = False
        self._picture = picture
        self._key_s, self._end_s, self._last = key_s, end_s, last
        self._state = "before"

    def wants(self, packet: Any, time_s: float) -> bool:
        """Whether a packet that is shown or heard at a time belongs to it."""
        self.is_over = time_s > self._end_s + TOGETHER_S
        if packet.stream.index != self._picture:
            return self._key_s <= time_s < self._end_s
        if self._state == "before" and packet.is_keyframe and time_s >= self._key_s - 1e-3:
            self._state = "inside"
        wanted = self._state == "inside"
        if wanted and packet.pts == self._last:
            self._state = "after"
        return wanted
